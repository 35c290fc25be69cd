from __future__ import annotations

from dataclasses import asdict, dataclass, field


@dataclass
class Customer:
    id: int
    name: str
    email: str | None = None
    tags: list[str] = field(default_factory=list)

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict) -> Customer:
        return cls(**data)
