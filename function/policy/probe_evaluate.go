package policy

import "slices"

// evaluate is Evaluate with memory for the verdict's own lists alone.
func (p *Prober) evaluate(req Request) Verdict {
	v := evaluate(&req, &p.set, &p.room)
	v.Statements, v.BlockedBy = p.keep(v.Statements), slices.Clone(v.BlockedBy)
	return v
}

// keptAtOnce is how many statements of verdicts take their memory together.
const keptAtOnce = 16

// keep gives statements memory of their own.
func (p *Prober) keep(list []StatementRef) []StatementRef {
	if len(list) == 0 {
		return list[:0:0]
	}
	if cap(p.kept)-len(p.kept) < len(list) {
		p.kept = make([]StatementRef, 0, max(keptAtOnce, len(list)))
	}
	n := len(p.kept)
	p.kept = append(p.kept, list...)
	return slices.Clip(p.kept[n:])
}
