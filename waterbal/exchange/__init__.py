"""A run that goes on step by step and exchanges water with other models: what goes in, what comes out.

What another model says of the coming step replaces the model's own value in that step alone. River flow and weather go
through the elements that use them, as if the series had held that value; needs, recharge, inflows and what a source
can give replace what the elements made of them. Planned reserves know the plan and the record, never what is set: a
larger need is served from what is there, but nothing was kept for it.

Each intake has its own river flow: two on one river are both to be set. What follows sums of weather, such as a need by
the rain of the month or runoff by the rain of the year, knows the model's own weather for the days to come.
"""
