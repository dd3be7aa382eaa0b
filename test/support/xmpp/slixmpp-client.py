"""A standard XMPP client (slixmpp) that logs in over direct TLS, pings the server and has one ad-hoc command, `counters`.

Arguments: host, port, JID, file with the CA certificate. The password comes in PLATEN_TEST_PASSWORD.
Writes one JSON line per event; leaves when its standard input ends.
"""

import asyncio
import json
import os
import sys

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath


MAINTENANCE = "urn:platen:maintenance:1"


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0199")
        self.register_plugin("xep_0004")
        self.register_plugin("xep_0050")
        pinged = StanzaPath("iq@type=get/ping")
        self.register_handler(Callback("pinged", pinged, lambda _: tell("pinged")))
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda _: tell("failed-auth"))
        self.add_event_handler("disconnected", lambda _: tell("disconnected"))

    def counters(self, iq, session):
        """XEP-0050 in one go: what came as a form is answered with a form, and the session is the job."""
        order = iq["command"]["form"].get_values()
        tell("counters", device=order["device"])
        form = self["xep_0004"].make_form(ftype="result")
        form.add_field(var="FORM_TYPE", ftype="hidden", value=MAINTENANCE)
        form.add_field(var="result.impressions", value="128456")
        session["id"] = order["job"]
        session["payload"] = form
        session["next"] = None
        session["has_next"] = False
        return session

    async def started(self, _):
        self["xep_0050"].add_command(node=MAINTENANCE + "#counters", name="counters", handler=self.counters)
        mechanism = self["feature_mechanisms"].mech.name
        tell("session-start", jid=str(self.boundjid), mechanism=mechanism)
        self.send_presence()
        roster = await self.get_roster()
        tell("roster", items=len(roster["roster"]["items"]))
        info = await self["xep_0030"].get_info(jid=self.boundjid.domain)
        tell("disco", features=sorted(info["disco_info"]["features"]))
        await self["xep_0199"].send_ping(self.boundjid.domain, timeout=5)
        tell("pong")


async def leave_with_standard_input(client):
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    client.disconnect()


host, port, jid, ca = sys.argv[1:5]
client = Client(jid, os.environ["PLATEN_TEST_PASSWORD"])
client.ca_certs = ca
client.connect((host, int(port)), use_ssl=True, force_starttls=False, disable_starttls=True)
client.loop.create_task(leave_with_standard_input(client))
client.process(forever=False)
