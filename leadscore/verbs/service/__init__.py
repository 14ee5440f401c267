"""The ledger, who may call, jobs, images, agents, rights."""
