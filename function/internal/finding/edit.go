package finding

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// explainer is the ID of the finding that reports what an edit came to, so that a finding about the edit itself says nothing more;
// empty when there is none. Such a finding blames every part that was edited, is as severe, and was reported because of the edit:
// now, or when the finding about the edit was folded under it.
func (c *comparison) explainer(s Stored, d check.Diagnostic) string {
	if !d.Check.JudgesEdit {
		return ""
	}
	if s.Under == underException || s.Under != "" && c.excepted(s.Under) {
		return underException
	}
	if s.Under != "" && slices.ContainsFunc(c.next, func(o Stored) bool { return o.ID == s.Under && c.covers(o, d) }) {
		return s.Under
	}
	for _, t := range c.told {
		i := slices.IndexFunc(c.next, func(o Stored) bool { return o.ID == t.Finding.ID })
		if i >= 0 && c.covers(c.next[i], d) {
			return t.Finding.ID
		}
	}
	return ""
}

// underException stands for the finding that reported what an edit came to once an exception covers that: the edit says nothing new.
const underException = "exception"

// excepted reports whether the finding of an ID is over because of an exception, or because its check was turned off.
func (c *comparison) excepted(id string) bool {
	for _, s := range c.prior {
		if s.ID == id {
			why := c.resolution(s)
			return why == Excepted || why == CheckOff
		}
	}
	return false
}

// covers reports whether a finding blames every part that another is about, and is as severe.
func (c *comparison) covers(o Stored, d check.Diagnostic) bool {
	if ck := c.Checks[o.Check]; ck == nil || ck.JudgesEdit || o.Severity < d.Severity {
		return false
	}
	return !slices.ContainsFunc(Parts(d), func(p role.Part) bool { return !slices.Contains(o.Parts, p) })
}

// foldEdits names the checks of folded findings on those that they are folded under.
func (c *comparison) foldEdits() {
	for _, s := range c.next {
		if s.Under == "" {
			continue
		}
		for i := range c.next {
			if c.next[i].ID == s.Under {
				c.next[i].Folds = withFold(c.next[i].Folds, s.Check)
			}
		}
		for i := range c.told {
			if c.told[i].Finding.ID == s.Under {
				c.told[i].Finding.Folds = withFold(c.told[i].Finding.Folds, s.Check)
			}
		}
	}
}

// withFold is the list with one more ID, in order and once.
func withFold(folds []string, id string) []string {
	out := append(slices.Clone(folds), id)
	slices.Sort(out)
	return slices.Compact(out)
}
