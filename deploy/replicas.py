"""`python -m deploy.replicas --replicas 4`: the models on the Ray cluster that this computer belongs to; they stay there.

The pages find them with MASKSCOPE_RAY=auto, or with host:port of the cluster. Called again it puts new ones in their place.
"""

from __future__ import annotations

import argparse
import os

from model_utils.remote.address import RAY_SETTINGS


def main() -> None:
    """Start the replicas and return."""
    parser = argparse.ArgumentParser(prog="python -m deploy.replicas", description=__doc__)
    parser.add_argument("--replicas", type=int, default=2, help="processes that hold the models, in all")
    parser.add_argument("--threads", type=int, default=1, help="cores of each")
    parser.add_argument("--address", default="auto", help="host:port of the cluster; auto: that of this computer")
    asked = parser.parse_args()
    if asked.replicas < 1 or asked.threads < 1:
        parser.error("--replicas and --threads take 1 or more")
    for name, value in RAY_SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray

    from model_utils.remote.replica import deploy

    ray.init(address=asked.address)
    deploy(asked.replicas, asked.threads)


if __name__ == "__main__":
    main()
