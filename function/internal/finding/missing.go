package finding

import (
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// A state keeps the first mostMissing inputs that a finding lacks, and of each text mostText bytes.
const mostMissing, mostText = 3, 400

// missing are the inputs that are missing.
func missing(undecided []check.Undecided) (out []Missing) {
	var gaps []role.Gap
	for _, u := range undecided {
		gaps = append(gaps, u.Missing...)
	}
	for _, g := range role.DistinctGaps(gaps) {
		if len(out) < mostMissing {
			out = append(out, Missing{words.Clip(g.What, mostText), words.Clip(g.SettledBy, mostText)})
		}
	}
	return out
}
