"""What a scorecard measures of one EMC, read from a chain."""

from emc.client import calling, registry, standing
from emc.client.system import System
from emc.core import scorecard
from emc.core.scorecard import Facts


def facts(system: System, emc: str) -> Facts:
    """What is measured of an EMC, all from events but the kinds of its nodes.

    Raises:
        EMCError: Consent did not make it, or it is not active yet.
    """
    now = standing.read(system, emc)
    nodes = now.terms.nodes
    leader = now.epochs[1].rows[0].party
    assert isinstance(leader, int)
    # each ME beside the leader, and the epoch in which it came
    ever = {
        row.party: epoch
        for epoch, terms in sorted(now.epochs.items(), reverse=True)
        for row in terms.rows
        if isinstance(row.party, int) and row.party != leader
    }
    chain = system.chain
    begun = {
        int(event.args.get("epoch", 1)): event.block
        for event in system.events("Consent", "Changes", emc=now.emc)
        if event.name in ("Made", "Amended")
    }
    awarded = calling.won(system, leader, now.emc)
    decided = [
        (event.name, event.args, chain.time_of(event.block))
        for event in now.events("Changes")
        if event.name in ("Proposed", "Renegotiated")
    ]
    count, by_others = scorecard.proposals(decided)
    return Facts(
        buyers=scorecard.buyers(now.agreement.events(), now.emc),
        rows=len(now.terms.rows),
        nodes=len(nodes),
        external=sum(registry.kind_of(system, int(row.party)) == "external" for row in nodes),
        proposals=count,
        by_others=by_others,
        spans=scorecard.spans(decided),
        places=len(ever),
        # who was there before it was awarded anything came without
        won=sum(me in awarded and awarded[me] < begun[epoch] for me, epoch in ever.items()),
    )
