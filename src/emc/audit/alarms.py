"""Alarms: what a watch finds wrong, told once by mail, chat or webhook.

Needs the extra `alarms`. Who is told is a URL as Apprise writes it, such as `mailto://`, `slack://`,
or `json://` for a webhook; it may hold a password, so that no message repeats it.
"""

from collections.abc import Sequence
from typing import Any

from emc.audit.prove.case import RECONCILED, Verdict
from emc.audit.watch import News
from emc.core.text import counted
from emc.errors import EMCError

# lines of one message that are told in full
MOST = 10


class Alarms:
    """Tells what is wrong when it begins, when it changes and when it is over, and not in between.

    Args:
        urls: Who is told.

    Raises:
        EMCError: one is no URL that Apprise knows.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        import apprise

        self.service: Any = apprise.Apprise()
        for url in urls:
            if not self.service.add(url):
                scheme, found, _ = url.partition("://")
                what = f"a URL that begins with {scheme}://" if found else "what has no :// in it"
                raise EMCError(
                    f"an alarm cannot be sent to {what}",
                    "write it as https://github.com/caronc/apprise says, for example "
                    "mailto://user:password@example.com, or json://host/path for a webhook",
                )
        # what was told last of each EMC, and of the watch itself under no name
        self.told: dict[str, str] = {}

    async def tell(self, news: News) -> bool:
        """Tell what is new; false if somebody could not be told, who is told again next time."""
        reached = [
            await self._say(verdict.emc, _state(verdict), verdict.word, line(verdict))
            for verdict in news.verdicts
        ]
        reached.append(await self._say("", news.trouble, "could not check", news.trouble))
        return all(reached)

    async def _say(self, emc: str, state: str, word: str, text: str) -> bool:
        """Send a message if a state is another than that which was told."""
        if self.told.get(emc, "") == state:
            return True
        about = f"EMC {emc}" if emc else "The audit"
        title, body = f"{about}: {word}", text
        if not state:
            title = f"{about}: {'RECONCILED' if emc else 'checks'} again"
            body = title
        if not await self.service.async_notify(title=title, body=body):
            return False
        self.told[emc] = state
        return True


def _state(verdict: Verdict) -> str:
    """What is wrong, in a word that changes when it does; empty if nothing is."""
    if verdict.word == RECONCILED:
        return ""
    return "\n".join([verdict.word, *(each.text for each in verdict.faults)])


def line(verdict: Verdict) -> str:
    """A verdict on one line."""
    lines = [each.text for each in verdict.faults] or [text for text, _ in verdict.unproven]
    shown = lines[:MOST]
    if len(lines) > MOST:
        shown.append(f"and {counted(len(lines) - MOST, 'line')} more")
    return f"{verdict.emc} {verdict.word}: {'; '.join(shown)}"
