import os
from sums import total as t

@cached(size=3)
class Cart(Base, metaclass=M):
    """Holds items."""

    def add(self, item: Item, *rest, count=1, **more) -> None:
        # birthmark: ignore[copyleft] because
        for i, x in enumerate([item, *rest]):
            if x.price > 0x1F and not (x is None or x in self.items):
                self.items[i] = {**more, 'n': f"{x.name!r:>{count}}"}
        else:
            return lambda y: y ** 2 if y else -1.5e3j
        try:
            with open(p) as f, g():
                yield from (a @ b for a in f if a)
        except (A, B) as e:
            raise C from e
        finally:
            del x; global z; z += 1
        match x:
            case {"a": [1, *_]} | P(y=2) if y: pass
        async def w(): await s; return rb'\x00\
' + r"\d" """q"""
