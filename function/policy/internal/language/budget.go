package language

// Budget bounds the work of searches, in steps of some ten nanoseconds each.
type Budget struct {
	Steps int
	// of is what this is a part of: what is spent of a part is spent of the whole.
	of *Budget
}

// Part is a budget for one search: so many steps of this one, and no more than it has.
func (b *Budget) Part(steps int) *Budget {
	return &Budget{Steps: min(steps, max(0, b.Steps)), of: b}
}

// Spend takes steps out of the budget and reports whether it had them.
func (b *Budget) Spend(steps int) bool {
	b.Steps -= steps
	if b.of != nil {
		b.of.Spend(steps)
	}
	return b.Steps >= 0
}

// Spent reports whether more was spent than there was.
func (b *Budget) Spent() bool { return b.Steps < 0 }
