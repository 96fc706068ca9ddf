package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// granting are the new policies' statements that can grant something new.
func (c *comparer) granting() []*comparedStatement {
	same := c.unchanged()
	if c.isOfLimits() {
		// What was denied is asked for by itself.
		same = c.sameAllows()
	}
	var list []*comparedStatement
	for k := range combine.Kinds {
		if k.Limits() != c.isOfLimits() || k.OnlyDenies() {
			continue
		}
		for _, cst := range c.new.statements[k] {
			if cst.statement.Effect == Allow && len(cst.compiled.actions) > 0 && !same[cst] {
				list = append(list, cst)
			}
		}
	}
	return list
}

// isAssuming reports whether what is compared stands next to policies outside the comparison that can allow by themselves.
func (c *comparer) isAssuming() bool {
	return c.isOfLimits() || c.ofResource && !c.ofIdentity && !c.trust
}

// lifted are the old policies' Deny statements that the new ones do not hold. Those of a resource's policy, and of policies
// that only limit, stood against what policies outside the comparison allow.
func (c *comparer) lifted() []*comparedStatement {
	denies := map[string]bool{}
	for _, cst := range c.statements {
		if cst.isNew && cst.statement.Effect == Deny {
			denies[cst.meaning()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(c.statements), func(cst *comparedStatement) bool {
		return cst.isNew || cst.statement.Effect != Deny || len(cst.compiled.actions) == 0 || denies[cst.meaning()]
	})
}

// sameAllows are the new policies' Allow statements that the old ones hold too.
func (c *comparer) sameAllows() map[*comparedStatement]bool {
	allows := map[string]bool{}
	for _, cst := range c.statements {
		if !cst.isNew && cst.statement.Effect == Allow {
			allows[cst.meaning()] = true
		}
	}
	same := map[*comparedStatement]bool{}
	for _, cst := range c.statements {
		if cst.isNew && cst.statement.Effect == Allow && allows[cst.meaning()] {
			same[cst] = true
		}
	}
	return same
}

// isAssuming reports whether the statement grants only together with what a policy outside the comparison allows: one that
// is a Deny of the old policies, or stands for that policy.
func (cst *comparedStatement) isAssuming() bool { return !cst.isNew || cst.policy == assumedName }

// assumedName is what parts are called that a comparison assumes.
const assumedName = "assumed"

// assumedStatement is what is assumed of the policies that are not compared: they allow everything.
func (c *comparer) assumedStatement() *comparedStatement {
	s := &allowEverything.Statements[0]
	cst := &comparedStatement{
		number: len(c.statements), isNew: true, kind: combine.Identity, policy: assumedName, document: allowEverything, statement: s, compiled: s.ready(allowEverything),
	}
	c.statements = append(c.statements, cst)
	return cst
}
