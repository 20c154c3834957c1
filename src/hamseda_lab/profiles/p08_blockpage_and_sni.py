"""P08 `blockpage-and-sni`: a page in the place of the site, or a reset."""

from typing import Final

from hamseda_lab.brief import is_listed
from hamseda_lab.hellos import Hellos
from hamseda_lab.injection import page_and_end, resets
from hamseda_lab.parsers.tls import ClientHello
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, inject

_BODY: Final = (
    b"<html><head><title>M1-6</title></head><body>"
    b'<iframe src="http://10.10.34.36" style="width: 100%; height: 100%"></iframe></body></html>'
)
PAGE: Final = (
    b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/html\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class BlockpageAndSni(Profile):
    """Answer in the name of listed sites."""

    about = About(
        id="P08",
        name="blockpage-and-sni",
        rule="listed HTTP Host on any port → 403 page with a 10.10.34.x iframe, FIN;"
        " listed SNI → RST+ACK both ways",
        source="IRBlock, USENIX Security 2025",
        as_of="2025",
        confidence="V",
        choices="the packet that matches passes; requests and hellos over several packets match;"
        " no block outlives the connection",
    )

    def prepare(self) -> None:
        """Know no connection."""
        self._hellos = Hellos()

    def judge(self, seen: Crossing) -> Verdict:
        """Answer hellos and requests for listed names."""
        said = self._hellos.find(seen)
        if isinstance(said, ClientHello):
            if is_listed(said.server_name, self.brief.listed_names):
                return inject(resets(seen.segment), "listed SNI")
        elif said is not None and is_listed(said.host, self.brief.listed_names):
            return inject([page_and_end(seen.segment, PAGE)], "listed Host")
        return PASS


PROFILE = BlockpageAndSni
