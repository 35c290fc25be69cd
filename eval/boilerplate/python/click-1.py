import click


@click.group()
@click.option("--config", type=click.Path(exists=True), help="Configuration file.")
@click.pass_context
def cli(ctx, config):
    """Manage things."""
    ctx.ensure_object(dict)
    ctx.obj["config"] = config


@cli.command()
@click.argument("name")
@click.option("--force/--no-force", default=False)
@click.pass_context
def add(ctx, name, force):
    """Add a thing."""
    click.echo(f"Adding {name}")


if __name__ == "__main__":
    cli()
