"""Chooses the range and reads its commits. The only file that calls tools."""

from dataclasses import dataclass

from mcp import call
from wit_world.imports import mcp_server_git_history_tools as git


@dataclass
class History:
    """The commits of one range."""

    start: str | None
    """The revision before the first commit; none: from the beginning."""
    end: str
    commits: list[git.GetCommitResult]
    """Newest first, without merges: what they bring in is in the others."""
    merges: int
    truncated: bool
    """There are more commits than were asked for."""


def read(start: str | None, end: str | None, most: int) -> History:
    if start is None:
        start, end = choose_range(end)
    elif end is None:
        end = "HEAD"
    listed, truncated = list_commits(start, end, most)
    single = [commit for commit in listed if len(commit.parents) <= 1]
    commits = [call(git.get_commit, git.GetCommitParams(commit.id)) for commit in single]
    return History(start, end, commits, len(listed) - len(commits), truncated)


def choose_range(end: str | None) -> tuple[str | None, str]:
    """The range where the caller gave no start: since the tag before the end, else the whole history."""
    tags = call(git.list_tags, git.ListTagsParams(limit=1000)).tags
    if end is not None:
        return tag_before(tags, end), end
    if not tags:
        return None, "HEAD"
    last = tags[0].name
    if not list_commits(last, "HEAD", 1)[0]:
        # A release was made a moment ago, and it is what the notes are wanted for.
        return tag_before(tags, last), last
    return last, "HEAD"


def tag_before(tags: list[git.Tag], revision: str) -> str | None:
    """The tag before a revision, or the last one where the revision is no tag. A commit may have several tags."""
    at = next((i for i, tag in enumerate(tags) if tag.name == revision), None)
    if at is None:
        return tags[0].name if tags else None
    return next((tag.name for tag in tags[at + 1 :] if tag.commit != tags[at].commit), None)


def list_commits(start: str | None, end: str, most: int) -> tuple[list[git.Commit], bool]:
    """The newest commits of the range, and whether there are more than `most`."""
    page = 200
    listed: list[git.Commit] = []
    cursor = None
    while len(listed) <= most:
        # One more than wanted, to know whether there are more.
        limit = min(page, most + 1 - len(listed))
        answer = call(
            git.list_commits,
            git.ListCommitsParams(
                since=start, until=end, author=None, path=None, grep=None, limit=limit, cursor=cursor
            ),
        )
        listed += answer.commits
        cursor = answer.next_cursor
        if cursor is None:
            break
    return listed[:most], len(listed) > most
