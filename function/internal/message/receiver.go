package message

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Only are entries with the steps of some findings alone. That a finding left the digest is kept in any case.
func Only(entries []DigestEntry, of func(finding.Finding) bool) []DigestEntry {
	var out []DigestEntry
	for _, e := range entries {
		e.Steps = slices.DeleteFunc(slices.Clone(e.Steps), func(s DigestStep) bool { return !s.Left && !of(s.Finding) })
		if len(e.Steps) > 0 {
			out = append(out, e)
		}
	}
	return out
}

// Shortened are folds with so little of their findings that hundreds of them can be stored together.
func Shortened(folds []Fold) []Fold {
	c := cutter{limits: kept, omitted: map[string]int{}}
	out := slices.Clone(folds)
	for i := range out {
		out[i].Lead = c.finding(out[i].Lead)
	}
	return out
}
