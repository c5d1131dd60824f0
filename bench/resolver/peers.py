# SPDX-License-Identifier: BSD-3-Clause
"""The resolvers, each with the same list, upstream and one thread.

Each name of the list covers its subtree and is answered with BLOCKED. Caches are large enough for
all names that are asked for; validation, logs and control are off.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from world import BLOCKED, RESOLVED, find_program, write_text

PLAIN_STACK = "iterator"
DEBIAN_STACK = "subnetcache validator iterator"
STACKS = {"plain": PLAIN_STACK, "debian": DEBIAN_STACK}


@dataclass
class Place:
    """Where a peer is to run."""

    world: object
    folder: str
    port: int
    ours: object  # tries, see ours.py; None for the others

    def path(self, name):
        return os.path.join(self.folder, name)


@dataclass
class Peer:
    name: str
    program: str  # a path, or a name to be found
    # writes the configuration, returns the command without the program, and its environment
    configure: Callable[[Place], tuple[list, dict]]
    blocked: str = BLOCKED  # its answer to listed names
    patience: int = 120  # seconds that it may take to start
    has_cache: bool = True  # one that is large enough
    records: bool = False  # who asked, with beacontrap
    tells: bool = False  # somebody else who asked
    group: str = ""  # who runs side by side with it
    is_spoiled: bool = False  # it is to be found out

    def find(self):
        return find_program(self.program)


# ---- the list in others' forms, made when first needed ----


def made_once(make):
    def path_of(world):
        path = world.path(make.__name__)
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                file.writelines(make(world))
        return path

    return path_of


@made_once
def rpz(world):
    yield "$TTL 3600\n@ SOA localhost. root.localhost. 1 3600 900 604800 3600\n@ NS localhost.\n"
    for name in world.names:
        yield f"{name} A {BLOCKED}\n*.{name} A {BLOCKED}\n"


@made_once
def redirects(world):
    for name in world.names:
        yield f'local-zone: "{name}" redirect\nlocal-data: "{name} A {BLOCKED}"\n'


@made_once
def addresses(world):
    for name in world.names:
        yield f"address=/{name}/{BLOCKED}\n"


@made_once
def domains(world):
    for name in world.names:
        yield f"{name}\n"


# ---- Unbound ----


def unbound_conf(place, stack, server="", rest="", control=False):
    minimise = "yes" if DEBIAN_STACK in stack else "no"
    return write_text(
        place.path("unbound.conf"),
        f"""server:
  interface: 127.0.0.1@{place.port}
  port: {place.port}
  username: ""
  chroot: ""
  directory: "{place.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "{stack}"
  qname-minimisation: {minimise}
  do-not-query-localhost: no
  msg-cache-size: 1g
  rrset-cache-size: 2g
  msg-cache-slabs: 4
  rrset-cache-slabs: 4
  outgoing-range: 4096
  num-queries-per-thread: 2048
{server}
remote-control:
  control-enable: {"yes" if control else "no"}
  control-use-cert: no
  control-interface: "{place.path("control")}"
stub-zone:
  name: "."
  stub-addr: 127.0.0.1@{place.world.upstream_port}
{rest}""",
    )


def unbound(stack=PLAIN_STACK):
    return lambda place: (["-d", "-c", unbound_conf(place, stack)], {})


def unbound_rpz(place):
    zone = f'rpz:\n  name: rpz.bench\n  zonefile: "{rpz(place.world)}"\n'
    return ["-d", "-c", unbound_conf(place, "respip iterator", rest=zone)], {}


def unbound_local_zone(place):
    include = f'  include: "{redirects(place.world)}"'
    return ["-d", "-c", unbound_conf(place, PLAIN_STACK, server=include)], {}


def beacontrap(stack=PLAIN_STACK, server="", control=False):
    def configure(place):
        module = f'dynlib:\n  dynlib-file: "{place.ours.module}"\n'
        conf = unbound_conf(place, f"dynlib {stack}", server, module, control)
        return ["-d", "-c", conf], {"BEACONTRAP_CONFIG": place.ours.config}

    return configure


# ---- others ----


def pdns_recursor(place, more=""):
    lua = write_text(
        place.path("rpz.lua"), f'rpzFile("{rpz(place.world)}", {{policyName="bench"}})\n{more}'
    )
    write_text(
        place.path("recursor.conf"),
        f"""local-address=127.0.0.1
local-port={place.port}
socket-dir={place.folder}
config-dir={place.folder}
lua-config-file={lua}
forward-zones-recurse=.=127.0.0.1:{place.world.upstream_port}
dont-query=
daemon=no
disable-syslog=yes
write-pid=no
setuid=
setgid=
webserver=no
quiet=yes
threads=1
pdns-distributes-queries=no
dnssec=off
qname-minimization=no
max-cache-entries=4000000
max-packetcache-entries=4000000
""",
    )
    return [f"--config-dir={place.folder}"], {}


def pdns_recursor_protobuf(place):
    """It sends a message for each answer that a policy decided, and no others."""
    sink = f'"127.0.0.1:{place.world.sink.port}"'
    options = "taggedOnly=true, logQueries=false, logResponses=true"
    return pdns_recursor(place, f"protobufServer({sink}, {{{options}}})\n")


def knot_resolver(place):
    conf = write_text(
        place.path("kresd.conf"),
        f"""net.listen('127.0.0.1', {place.port})
cache.size = 1024 * MB
trust_anchors.remove('.')
modules = {{'policy'}}
policy.add(policy.rpz(policy.DENY, '{rpz(place.world)}', false))
policy.add(policy.all(policy.STUB('127.0.0.1@{place.world.upstream_port}')))
""",
    )
    return ["-n", "-c", conf, place.folder], {}


def bind(place):
    conf = write_text(
        place.path("named.conf"),
        f"""options {{
  directory "{place.folder}";
  pid-file none;
  session-keyfile none;
  managed-keys-directory "{place.folder}";
  listen-on port {place.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation no;
  qname-minimization off;
  empty-zones-enable no;
  max-cache-size 2g;
  forward only;
  forwarders port {place.world.upstream_port} {{ 127.0.0.1; }};
  response-policy {{ zone "rpz.bench"; }} qname-wait-recurse no;
}};
controls {{ }};
zone "rpz.bench" {{
  type primary;
  file "{rpz(place.world)}";
  check-names ignore;
  allow-query {{ none; }};
  notify no;
}};
""",
    )
    return ["-g", "-n", "1", "-c", conf], {}


def dnsdist(place):
    conf = write_text(
        place.path("dnsdist.lua"),
        f"""setLocal("127.0.0.1:{place.port}")
newServer({{address="127.0.0.1:{place.world.upstream_port}", healthCheckMode="up"}})
listed = newSuffixMatchNode()
for name in io.lines("{domains(place.world)}") do listed:add(newDNSName(name)) end
addAction(SuffixMatchNodeRule(listed), SpoofAction("{BLOCKED}"))
getPool(""):setCache(newPacketCache(4000000))
setSecurityPollSuffix("")
""",
    )
    return ["--supervised", "--disable-syslog", "-C", conf], {}


def dnsmasq(place):
    command = ["--keep-in-foreground", f"--port={place.port}", "--listen-address=127.0.0.1"]
    command += ["--bind-interfaces", "--no-resolv", "--no-hosts", "--user=", "--pid-file="]
    command += [f"--server=127.0.0.1#{place.world.upstream_port}", "--dns-forward-max=2000"]
    command += ["--cache-size=10000", f"--conf-file={addresses(place.world)}"]
    return command, {}


def all_peers(unbound_program):
    def plain(name, stack):
        return Peer(name, unbound_program, unbound(stack), blocked=RESOLVED, group="pairs")

    def ours(name, stack):
        return Peer(name, unbound_program, beacontrap(stack), records=True, group="pairs")

    return [
        plain("unbound", PLAIN_STACK),
        ours("beacontrap", PLAIN_STACK),
        plain("unbound-debian", DEBIAN_STACK),
        ours("beacontrap-debian", DEBIAN_STACK),
        Peer("unbound-rpz", unbound_program, unbound_rpz),
        Peer("unbound-local-zone", unbound_program, unbound_local_zone),
        Peer("pdns-recursor", "pdns_recursor", pdns_recursor),
        Peer("pdns-protobuf", "pdns_recursor", pdns_recursor_protobuf, tells=True),
        Peer("knot-resolver", "kresd", knot_resolver),
        Peer("bind", "named", bind),
        Peer("dnsdist", "dnsdist", dnsdist),
        Peer("dnsmasq", "dnsmasq", dnsmasq, has_cache=False),
    ]


def make_folder(world, name):
    """An empty one for a run."""
    folder = world.path(f"run-{name}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder
