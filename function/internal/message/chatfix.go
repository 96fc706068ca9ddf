package message

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// chatCommand is the command of a fix, where chat shows it as it is; else where to find it.
func chatCommand(f finding.Finding) string {
	if f.Fix.Command == "" {
		return ""
	}
	if shown, exact := Paste(f.Fix.Command); exact && chatExact(shown) && len(shown) <= 1000 {
		return "*Command:*\n" + chatBlock(shown, len(shown))
	}
	return "*Command:* in the e-mail, and in the message's JSON"
}

// nextSteps are what fixes the findings that are open, each said once.
func nextSteps(folds []Fold) []string {
	var steps []string
	for _, f := range folds {
		step := chatProse(f.FixText(), 300)
		if f.Kind != finding.KindResolved && step != "" && !slices.Contains(steps, step) && len(steps) < 3 {
			steps = append(steps, step)
		}
	}
	return steps
}
