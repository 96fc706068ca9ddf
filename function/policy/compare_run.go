package policy

import (
	"context"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

const (
	// maxGrants bounds what a Comparison lists.
	maxGrants = 5000
	// searchSteps bounds the work of one search.
	searchSteps = 1_000_000
)

// comparer is the work on one comparison.
type comparer struct {
	ctx        context.Context
	old, new   *comparedSet
	statements []*comparedStatement
	mentions   mentions
	budget     *language.Budget
	cache      patternCache
	// ofResource is set where a resource's policy is compared, ofIdentity where the caller's policies are. Where neither is,
	// policies that only limit are compared; resourceOpen then has the resource's policy allow everybody everything.
	ofResource, ofIdentity, resourceOpen bool
	trust                                bool
	// owners are the accounts that resources are tried in, where conditions ask for it.
	owners []string
	askers []asker
	// variable are the statements that hold variables; values are those of each variable, and assignments those of each
	// class that are worth trying.
	variable    []*comparedStatement
	values      map[string][]ContextValue
	assignments map[string][]map[string]ContextValue
	// formulaOf keeps the formulas of the caller that is asked for.
	formulaOf map[formulaKey][2]*formula

	// plain is set while the ARNs are left out that are covered only where an asterisk reaches over a colon: a person would
	// not name them, so they are asked for after all others.
	plain bool
	out   Comparison
	found map[grantKey]*grantEntry
	order []grantKey
	// answers says of what was asked whether it is newly granted.
	answers map[asked]reply
	inert   map[inertKey]bool
}

// Compare gives everything that the new policies allow and the old ones did not. It never asks AWS. What neither set holds is
// assumed not to stand in the way: of identity policies it is asked what they allow where the resource's policy delegates to
// the caller's account; of a resource's policy what it grants by itself, to those of other accounts where their own policies
// allow everything, and what it no longer denies to whoever other policies of the account allow; of policies that only limit,
// what they let where all others allow everything. To name somebody of an account that was named as a whole grants nothing new.
// See "Policy evaluation logic" in the IAM User Guide.
//
// Work is bounded; what could not be decided within the bounds, or because something was not read, is in Unknown. It is an
// error when Set.Validate refuses a set, and when the context ends first.
func Compare(ctx context.Context, old, new Set) (Comparison, error) {
	return CompareWithin(ctx, old, new, NewBudget(defaultSteps))
}

// CompareWithin is Compare with a budget of the caller's, which may be what other comparisons left of it.
func CompareWithin(ctx context.Context, old, new Set, budget *Budget) (Comparison, error) {
	if err := old.Validate(); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: old set: %w", err)
	}
	if err := new.Validate(); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: new set: %w", err)
	}
	if sameSets(old, new) {
		return Comparison{}, nil
	}
	c := newComparer(ctx, old, new, &budget.steps)
	c.run()
	if err := context.Cause(ctx); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: %w", err)
	}
	return c.result(), nil
}

func newComparer(ctx context.Context, old, new Set, budget *language.Budget) *comparer {
	c := &comparer{
		ctx:    ctx,
		budget: budget, found: map[grantKey]*grantEntry{}, answers: map[asked]reply{}, inert: map[inertKey]bool{},
		values: map[string][]ContextValue{}, assignments: map[string][]map[string]ContextValue{},
		cache: patternCache{actions: map[actionPattern]language.Pattern{}, resources: map[*resourcePattern][]language.Pattern{}},
	}
	c.old, c.statements = numberStatements(old, false, nil)
	c.new, c.statements = numberStatements(new, true, c.statements)
	c.mentions = mentionsOf(c.statements, budget)
	c.variable = slices.DeleteFunc(slices.Clone(c.statements), func(cst *comparedStatement) bool { return !cst.hasVariable() })
	for _, key := range []string{"aws:username", "aws:principalaccount", "aws:resourceaccount"} {
		// What stands in a variable's place in other resources distinguishes callers and owners as a condition does.
		if slices.Contains(c.mentions.variables, key) {
			for _, v := range c.valuesOf(key) {
				for _, text := range v.Values {
					budget.Spend(10)
					c.mentions.addConstant(key, text)
				}
			}
		}
	}
	c.ofResource = holdsKind(old, combine.Resource) || holdsKind(new, combine.Resource)
	c.ofIdentity = holdsKind(old, combine.Identity) || holdsKind(new, combine.Identity) || !c.ofResource && !holdsLimits(old) && !holdsLimits(new)
	for _, s := range []Set{old, new} {
		c.trust = c.trust || s.Resource != nil && s.Resource.Document != nil && s.Resource.Document.Kind == Trust
	}
	if c.isOfLimits() {
		c.resourceOpen = holdsKind(old, combine.RCP) || holdsKind(new, combine.RCP)
	}
	c.owners = c.mentions.accounts("aws:resourceaccount", "aws:principalaccount")
	c.owners = append(c.owners, c.mentions.otherAccounts(c.owners, "aws:resourceaccount")...)
	if c.ofResource || c.resourceOpen {
		c.askers = askersOf(c.statements, &c.mentions)
	} else {
		c.askers = callersOf(c.statements, &c.mentions)
	}
	return c
}

// holdsKind reports whether a set has policies of a kind, or may have some that were not read.
func holdsKind(s Set, k combine.Kind) bool {
	e := evaluation{set: s}
	for level := range e.levels(k) {
		if len(e.parts(k, level)) > 0 {
			return true
		}
	}
	return e.isUnread(k)
}

// holdsLimits reports whether a set has policies that only limit what others allow.
func holdsLimits(s Set) bool {
	for k := range combine.Kinds {
		if k.Limits() && holdsKind(s, k) {
			return true
		}
	}
	return false
}

// isOfLimits reports whether only policies are compared that limit what others allow.
func (c *comparer) isOfLimits() bool { return !c.ofResource && !c.ofIdentity }

func (c *comparer) run() {
	c.askUnread()
	c.askUniqueIDs()
	c.runOver(c.granting())
	if c.isAssuming() {
		// That a root user may do what nothing denies is a poor example: all others are tried first.
		slices.SortStableFunc(c.askers, func(a, b asker) int { return rootsLast(a) - rootsLast(b) })
		c.runOver(c.lifted())
	}
	if c.isAssuming() && (c.limitIsGone() || len(c.order) == 0 && !sameLimits(c.old.set, c.new.set)) {
		// No statement of the new policies says what a policy that only limits no longer takes away.
		c.runOver([]*comparedStatement{c.assumedStatement()})
	}
}

// askClasses asks for each class of actions what the statements grant that cover it.
func (c *comparer) askClasses(classes []*actionClass, granting [][]*comparedStatement) {
	clear(c.answers)
	for i := range c.askers {
		c.formulaOf = map[formulaKey][2]*formula{}
		for j, class := range classes {
			if !c.budget.Spend(2) || c.isSpent() {
				return
			}
			c.askClass(&c.askers[i], class, granting[j])
		}
	}
}

// limitIsGone reports whether the new set has no policy, or fewer levels, of a kind that limits.
func (c *comparer) limitIsGone() bool {
	before, after := evaluation{set: c.old.set}, evaluation{set: c.new.set}
	for k := range combine.Kinds {
		if k.Limits() && (holdsKind(c.old.set, k) && !holdsKind(c.new.set, k) || before.levels(k) > after.levels(k)) {
			return true
		}
	}
	return false
}

// covering are those of the statements that cover the class.
func (c *comparer) covering(class *actionClass, granting []*comparedStatement) []*comparedStatement {
	if !c.budget.Spend(1 + len(granting)/4) {
		return nil
	}
	var list []*comparedStatement
	for _, g := range granting {
		if class.matched.has(g.number) {
			list = append(list, g)
		}
	}
	return list
}

func rootsLast(a asker) int {
	if a.caller.kind == callerAccount {
		return 1
	}
	return 0
}

// runOver asks what some statements newly grant.
func (c *comparer) runOver(granting []*comparedStatement) {
	if len(granting) == 0 || c.isSpent() {
		return
	}
	universe := newActionUniverse(c.statements, granting, c.budget)
	if c.isSpent() {
		return
	}
	universe.keys = c.mentions.carriedKeys()
	mask := newBitset(len(c.statements))
	for _, g := range granting {
		mask.set(g.number)
	}
	classes := universe.classes(mask)
	of := make([][]*comparedStatement, len(classes))
	for i, class := range classes {
		if of[i] = c.covering(class, granting); c.isSpent() {
			return
		}
	}
	c.plain = slices.ContainsFunc(c.statements, func(cst *comparedStatement) bool {
		return cst.spend(c.budget, cst.reachingWork()) && cst.reachesOver()
	})
	c.askClasses(classes, of)
	if c.plain {
		c.plain = false
		c.askClasses(classes, of)
	}
	openClasses := c.openClasses()
	for i := range c.askers {
		for _, open := range openClasses {
			for _, g := range granting {
				if !c.budget.Spend(2) || c.isSpent() {
					return
				}
				c.askOpen(&c.askers[i], open, g)
			}
		}
	}
}
