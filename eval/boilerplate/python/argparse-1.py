import argparse
import logging
import sys


def build_parser():
    parser = argparse.ArgumentParser(description="Convert a file.")
    parser.add_argument("input", help="file to read")
    parser.add_argument("-o", "--output", default="-", help="file to write")
    parser.add_argument("-v", "--verbose", action="store_true", help="print more")
    parser.add_argument("--version", action="version", version="%(prog)s 1.0")
    parser.add_argument("--jobs", type=int, default=1, help="how many to run at once")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    logging.basicConfig(level=logging.DEBUG if args.verbose else logging.INFO)
    try:
        run(args)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
