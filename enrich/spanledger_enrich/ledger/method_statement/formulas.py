"""The formulas that the method statement states, and how well its intervals hold."""

FORMULAS = {
    "energy": "of a model Wh = (wh_per_output_token x output + wh_per_input_token x uncached input + "
    "wh_per_cache_read_token x cache reads + wh_per_request) x pue of the place / pue of the entry (1 where nobody "
    "gave the place's); by EcoLogits' method less, before the pue, the mean over low and high of wh_per_second x "
    "seconds by which the call was shorter than seconds_per_output_token x output + seconds_per_request, but not of "
    "spans that end before their stream (5 tokens a ms). Of a metered host its share of the samples x pue of the "
    "host, else of the place, else default_pue; so is idle energy, which is in the totals",
    "location-based": "gCO2e = Wh / 1000 x intensity of the zone in the call's hour (gCO2e/kWh)",
    "market-based": "gCO2e = Wh / 1000 x the factor of the contracts in force at the call's moment in its zone or its "
    "country, for its provider, or for none: those are for own machines (measured, named or server software), and a "
    "residual mix for all. Factor: the sum of share x g_per_kwh over certificates and PPAs, over the sum of shares "
    "where these exceed 1; the rest has the supplier factor, else the residual mix, the provider's before all "
    "providers' and the zone's before the country's, else the location-based intensity. Volumes are in no row. Beside "
    "the location-based, never netted",
    "embodied": "gCO2e of making the hardware, the call's share: embodied_g_per_output_token x output + "
    "embodied_g_per_input_token x uncached input + embodied_g_per_request, by EcoLogits' method less that of the "
    "seconds by which the call was shorter, as its energy; in no other figure. Idle hosts have none",
    "water": "mL = Wh x (l_per_kwh of the place, else of the entry, + power_l_per_kwh of the place); by EcoLogits' "
    "method the mean of that product's low and high",
    "interval": "90 %: exp(ln M - v / 2 +- 1.645 sqrt(v)). M = sum of f, f = S x exp((t + z^2 + g^2) / 2), over "
    "groups of one entry, provider, zone and resolution; S the group's middle, t the sum of its shared terms' "
    "variances, z the calls' own, g the grid's (of emissions alone); v = sum of f f' C / M^2 over pairs of groups, "
    "C the variances of the terms that both share (see shared by), plus sum of f^2 z^2 (sum of squares) / (sum)^2 / "
    "M^2. The input's term is the group's input_sigma. Of own coefficients and measured hosts the ends are the "
    "interval as they stand",
    "price": "energy above paid_wh is ruled out: with a = ln(paid_wh / S of energy) / sqrt(t), at least -3, and r = "
    "phi(a) / Phi(a) of the normal distribution, S becomes S x exp(-sqrt(t) r), t becomes k t and each C but the "
    "grid's sqrt(k k') C, k = 1 - a r - r^2",
    "ends of the assumptions": "of the energy; sums of them are as if all calls erred the same way and as far as can "
    "be. The method's own error and the grid's are in the interval and not in them, so that it may be the wider one. "
    "energy_bounds envelope: of models with two methods the lower low and the higher high of both, but no more "
    "than a priced call's cost can pay for; of the method that is not booked (role bounds) the low is as if the "
    "answer had come at once, less wh_per_second_low x all its seconds, the high as if it had taken its time. "
    "method: those of energy_method",
    "meters": "measured energy is a share of what processor, accelerators and memory drew; the parts that are "
    "estimates are said below. Fans, power supplies, disks and network are in no sample, and in the upper end",
    "hours": "an hour without an intensity has that of the day before, else the mean of the month's hours where half "
    "of them are known, else its country's by the same rule, else a year's; the source says which",
    "unknown": "is in no sum, and counted beside it",
    "SCI (ISO/IEC 21031:2024)": "((E x I) + M) / R, location-based, over the calls of which E, I and M are known",
    "GHG Protocol": "own or leased machines: Scope 2, their hardware Scope 3 category 2; API use: Scope 3 category 1",
}
# How well intervals hold, of docs/hosted_figures.csv: a test computes it anew.
CALIBRATION = (
    "Checked against 57 published figures of hosted models, each with the terms that were fitted to the other studies: "
    "the 90 % interval holds 50 of them (88 %); its median width is x33, the widest x79. 42 of the figures are one "
    "study's, and how the terms are fitted was chosen with all of them in view: other choices hold 84 to 88 %."
)
