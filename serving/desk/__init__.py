"""The company's own pages at /app: first use, training, the champion, the funnel, today's list."""

from serving.desk.mounts import DESK_MOUNTS

__all__ = ["DESK_MOUNTS"]
