"""What a provisioning job should have made of its source people, held against the people in its target.

Pure, on columns: nothing here knows a service's requests or a policy. Whose columns they are, and by which names, say
:mod:`xtcheck.kinds.synced` and :mod:`xtcheck.kinds.carried`.
"""
