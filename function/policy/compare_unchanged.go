package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// unchanged gives the new policies' statements that cannot grant anything new, because the old policies hold the same
// statement and nothing that stood in its way is gone.
func (c *comparer) unchanged() map[*comparedStatement]bool {
	if len(c.lifted()) > 0 || holdsUnread(c.old.set) {
		return nil
	}
	if !sameLimits(c.old.set, c.new.set) {
		return nil
	}
	return c.sameAllows()
}

// meaning is a text that two statements share when they mean the same in the same kind of policy.
func (cst *comparedStatement) meaning() string {
	if cst.means != "" {
		return cst.means
	}
	s := *cst.statement
	s.Sid = ""
	w := canonicalWriter{out: []byte(cst.kind.String())}
	if cst.document.hasVariables() {
		w.out = append(w.out, '$')
	}
	w.statement(&s)
	cst.means = string(w.out)
	return cst.means
}

// holdsUnread reports whether an identity or resource policy of a set was not read: it may hold a Deny.
func holdsUnread(s Set) bool {
	e := evaluation{set: s}
	unread := func(p Part) bool { return p.Document == nil }
	return e.isUnread(combine.Identity) || e.isUnread(combine.Resource) || slices.ContainsFunc(e.parts(combine.Identity, 0), unread) ||
		slices.ContainsFunc(e.parts(combine.Resource, 0), unread)
}

// sameLimits says whether the policies that only take away are the same in both sets.
func sameLimits(old, new Set) bool {
	bare := func(s Set) Set {
		return Set{Boundaries: s.Boundaries, Session: s.Session, Endpoint: s.Endpoint, SCPs: s.SCPs, RCPs: s.RCPs, Unread: s.Unread}
	}
	return sameSets(bare(old), bare(new))
}
