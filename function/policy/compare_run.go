package policy

import (
	"context"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

const (
	// maxGrants bounds what a Comparison lists.
	maxGrants = 5000
	// maxSteps bounds the work of one comparison, and searchSteps that of one search in it.
	maxSteps    = 12_000_000
	searchSteps = 1_000_000
)

// comparer is the work on one comparison.
type comparer struct {
	ctx        context.Context
	old, new   *comparedSet
	statements []*comparedStatement
	mentions   mentions
	budget     language.Budget
	cache      patternCache
	// ofResource is set where a resource's policy is compared, ofIdentity where the caller's policies are. Where neither is,
	// policies that only limit are compared; resourceOpen then has the resource's policy allow everybody everything.
	ofResource, ofIdentity, resourceOpen bool
	trust                                bool
	askers                               []asker
	// variable are the statements that hold variables; values are those of each variable, and assignments those of each
	// class that are worth trying.
	variable    []*comparedStatement
	values      map[string][]ContextValue
	assignments map[string][]map[string]ContextValue
	// formulaOf keeps the formulas of the caller that is asked for.
	formulaOf map[formulaKey][2]*node

	// plain is set while the ARNs are left out that are covered only where an asterisk reaches over a colon: a person would
	// not name them, so they are asked for after all others.
	plain bool
	// exceededBy says what took too much work, where one thing did.
	exceededBy string

	out   Comparison
	found map[grantKey]*grantEntry
	order []grantKey
	// answers says of what was asked whether it is newly granted.
	answers map[asked]reply
	inert   map[inertKey]bool
}

// Compare gives everything that the new policies allow and the old ones did not. What neither set holds is assumed not to
// stand in the way: of identity policies it is asked what they allow where the resource's policy delegates to the caller's
// account, of a resource's policy what it grants by itself, to those of other accounts where their own policies allow
// everything; to name somebody of an account that was named as a whole grants nothing new. So a Deny that a resource's policy
// no longer holds counts where that policy allows what it denied. It never asks AWS. Work is bounded; what it could not
// decide within the bounds, or because something was not read, is in Unknown. It is an error when the context ends first.
func Compare(ctx context.Context, old, new Set) (Comparison, error) {
	if err := old.Validate(); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: old set: %w", err)
	}
	if err := new.Validate(); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: new set: %w", err)
	}
	if sameSets(old, new) {
		return Comparison{}, nil
	}
	c := newComparer(ctx, old, new)
	c.run()
	if err := context.Cause(ctx); err != nil {
		return Comparison{}, fmt.Errorf("compare policies: %w", err)
	}
	return c.result(), nil
}

func newComparer(ctx context.Context, old, new Set) *comparer {
	c := &comparer{
		ctx:    ctx,
		budget: language.Budget{Steps: maxSteps}, found: map[grantKey]*grantEntry{}, answers: map[asked]reply{}, inert: map[inertKey]bool{},
		values: map[string][]ContextValue{}, assignments: map[string][]map[string]ContextValue{},
		cache: patternCache{actions: map[actionPattern]language.Pattern{}, resources: map[*resourcePattern][]language.Pattern{}},
	}
	c.old, c.statements = numberStatements(old, false, nil)
	c.new, c.statements = numberStatements(new, true, c.statements)
	c.mentions = mentionsOf(c.statements)
	c.variable = slices.DeleteFunc(slices.Clone(c.statements), func(cst *comparedStatement) bool { return !cst.hasVariable() })
	c.ofResource = holdsKind(old, kindResource) || holdsKind(new, kindResource)
	c.ofIdentity = holdsKind(old, kindIdentity) || holdsKind(new, kindIdentity) || !c.ofResource && !holdsLimits(old) && !holdsLimits(new)
	for _, s := range []Set{old, new} {
		c.trust = c.trust || s.Resource != nil && s.Resource.Document != nil && s.Resource.Document.Kind == Trust
	}
	if c.isOfLimits() {
		c.resourceOpen = holdsKind(old, kindRCP) || holdsKind(new, kindRCP)
	}
	if c.ofResource || c.resourceOpen {
		c.askers = askersOf(c.statements, &c.mentions)
	} else {
		c.askers = callersOf(c.statements, &c.mentions)
	}
	return c
}

// holdsKind reports whether a set has policies of a kind, or may have some that were not read.
func holdsKind(s Set, k kind) bool {
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
	return slices.ContainsFunc([]kind{kindBoundary, kindSession, kindEndpoint, kindSCP, kindRCP}, func(k kind) bool { return holdsKind(s, k) })
}

// isOfLimits reports whether only policies are compared that limit what others allow.
func (c *comparer) isOfLimits() bool { return !c.ofResource && !c.ofIdentity }

func (c *comparer) run() {
	c.askUnread()
	c.runOver(c.granting())
	if c.isAssuming() {
		// Nobody needs to be told that a root user may do what nothing denies: others are asked for first.
		slices.SortStableFunc(c.askers, func(a, b asker) int { return rootsLast(a) - rootsLast(b) })
		c.runOver(c.lifted())
	}
	if len(c.order) == 0 && c.isAssuming() && !sameLimits(c.old.set, c.new.set) {
		// A policy that only limits may be gone, or what it allowed, with no statement that tells of it.
		c.runOver([]*comparedStatement{c.assumedStatement()})
	}
}

func (c *comparer) askClasses(classes []*actionClass, granting []*comparedStatement) {
	clear(c.answers)
	for i := range c.askers {
		c.formulaOf = map[formulaKey][2]*node{}
		for _, class := range classes {
			c.askClass(&c.askers[i], class, granting)
		}
	}
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
	universe := newActionUniverse(c.statements, granting)
	if universe.budget.Steps < 0 {
		c.budget.Steps, c.exceededBy = 0, "too many patterns of actions with wildcards"
		return
	}
	mask := newBitset(len(c.statements))
	for _, g := range granting {
		mask.set(g.number)
	}
	classes := universe.classes(mask)
	c.plain = slices.ContainsFunc(c.statements, (*comparedStatement).reachesOver)
	c.askClasses(classes, granting)
	if c.plain {
		c.plain = false
		c.askClasses(classes, granting)
	}
	for i := range c.askers {
		for _, open := range c.openClasses() {
			for _, g := range granting {
				c.askOpen(&c.askers[i], open, g)
			}
		}
	}
}

// situation is a setting together with what it says of the resource.
type situation struct {
	setting
	mode               mode
	role               string
	account, elsewhere string
	// within and without bound the resources further; so does effect.
	within  [][]language.Pattern
	without []language.Pattern
	effect  effect
	// owner is the resource's account, where conditions ask for it. Some actions do not have the key, as the page on global
	// condition keys says: then it is absent.
	owner       string
	ownerAbsent bool
}

// situations are the ways in which a caller and a resource can stand to one another.
func (c *comparer) situations(a *asker, class *actionClass, g *comparedStatement) []situation {
	base := situation{setting: setting{caller: a.caller}}
	base.service, base.action = class.service, class.action
	base.underRCPs = rcpServices[class.service] && !(class.service == "kms" && class.action == "retiregrant")
	base.resourceDelegates = !c.ofResource
	base.needsSession = a.caller.kind == callerFederatedUser && !c.assumesSession()
	if c.trust {
		return c.assumptions(base, a, class)
	}
	return c.inModes(c.owned(c.serviceLinked(c.relations(base, a, class, g), class)), class)
}

// relations are the ways in which the caller's account and the resource's stand to one another.
func (c *comparer) relations(base situation, a *asker, class *actionClass, g *comparedStatement) (list []situation) {
	switch {
	case c.ofResource && a.caller.inAccount() && g.isAssuming():
		list = insiders(base, class)
	case c.ofResource && a.caller.inAccount():
		list = c.crossings(base, class)
	case c.resourceOpen && !a.caller.inAccount():
		base.sameAccount, base.resourceOpen = true, true
		list = append(list, base)
	default:
		base.identityAllows, base.sameAccount = !c.ofIdentity, true
		list = append(list, base)
	}
	return list
}

// serviceLinked tells service-linked roles as resources apart, to which RCPs do not apply.
func (c *comparer) serviceLinked(list []situation, class *actionClass) []situation {
	if class.service != "sts" || !holdsKind(c.old.set, kindRCP) && !holdsKind(c.new.set, kindRCP) {
		return list
	}
	var out []situation
	for _, s := range list {
		linked := s
		s.without = append(slices.Clip(s.without), serviceLinkedRoles)
		linked.underRCPs = false
		linked.within = append(slices.Clip(s.within), []language.Pattern{serviceLinkedRoles})
		out = append(out, s, linked)
	}
	return out
}

// assumesSession reports whether a federated user's session is taken to have a session policy that allows everything: where
// none of the sets has one.
func (c *comparer) assumesSession() bool { return c.old.set.Session == nil && c.new.set.Session == nil }

// inModes asks for what the actions are about first.
func (c *comparer) inModes(list []situation, class *actionClass) []situation {
	both := make([]situation, 0, 2*len(list))
	for _, mode := range c.modes(class) {
		for _, s := range list {
			if mode == modeAny && len(s.within) > 0 {
				continue
			}
			s.mode = mode
			both = append(both, s)
		}
	}
	return both
}

// assumptions are the roles that a caller can ask to assume: a trust policy does not say whose role it is, so somebody of
// an account is taken for an outsider first, and then for one of the role's own account.
func (c *comparer) assumptions(base situation, a *asker, class *actionClass) []situation {
	owner := a.caller.account
	if owner == "" {
		owner = exampleAccount
	}
	accounts := []string{owner}
	if a.caller.inAccount() {
		accounts = []string{exampleAccountBut([]string{owner}), owner}
	}
	asked := c.mentions.mentionsAny("aws:resourceaccount")
	if asked {
		named := c.mentions.accounts("aws:resourceaccount", "aws:principalaccount")
		for _, account := range append(named, c.mentions.otherAccounts(named, "aws:resourceaccount")...) {
			accounts = appendNew(accounts, account)
		}
	}
	var list []situation
	for _, account := range accounts {
		s := base
		s.mode, s.account, s.identityAllows = modeRole, account, !c.ofIdentity
		s.role = "arn:" + partitionOf(a) + ":iam::" + account + ":role/example"
		if asked {
			s.owner = account
		}
		if account == a.caller.account {
			// Only for STS does the role's own account have to be named.
			if class.service != "sts" {
				continue
			}
			s.sameAccount, s.explicit = true, true
		}
		list = append(list, s)
		if asked {
			s.owner, s.ownerAbsent = "", true
			list = append(list, s)
		}
	}
	return list
}

func partitionOf(a *asker) string {
	if a.caller.partition == "" {
		return "aws"
	}
	return a.caller.partition
}

// crossings are a caller of the resource's account, without policies of its own, and one of another account.
func (c *comparer) crossings(base situation, class *actionClass) []situation {
	other := base
	other.elsewhere, other.identityAllows = base.caller.account, !c.ofIdentity
	return append([]situation{other}, sameAccount(base, class, !c.ofIdentity, false)...)
}

// insiders are a caller of the resource's account, whose own policies allow everything.
func insiders(base situation, class *actionClass) []situation {
	return sameAccount(base, class, true, true)
}

// sameAccount is a caller of the resource's account: explicitly says what its own policies allow where the resource's
// policy has to allow too, otherwise where it need not.
func sameAccount(base situation, class *actionClass, explicitly, otherwise bool) []situation {
	same := base
	same.sameAccount, same.account, same.identityAllows = true, base.caller.account, otherwise
	named, ok := ownPolicyRules[class.service]
	if !ok {
		return []situation{same}
	}
	explicit := same
	explicit.explicit, explicit.identityAllows, explicit.within = true, explicitly, [][]language.Pattern{named}
	same.without = named
	return []situation{explicit, same}
}

// owned gives each situation the accounts that can own the resource, where conditions or variables ask for them.
func (c *comparer) owned(list []situation) []situation {
	if !c.mentions.mentionsAny("aws:resourceaccount") {
		return list
	}
	owners := c.mentions.accounts("aws:resourceaccount", "aws:principalaccount")
	owners = append(owners, c.mentions.otherAccounts(owners, "aws:resourceaccount")...)
	var out []situation
	for _, s := range list {
		here := owners
		if account := s.caller.account; account != "" {
			here = appendNew(slices.Clone(owners), account)
			here = append(here, exampleAccountBut(here))
		}
		for _, owner := range here {
			if s.account != "" && s.account != owner || s.elsewhere == owner {
				continue
			}
			s := s
			s.owner, s.account = owner, owner
			out = append(out, s)
		}
		s.ownerAbsent = true
		out = append(out, s)
	}
	return out
}

// modes puts first what the class's actions are about.
func (c *comparer) modes(class *actionClass) []mode {
	if class.onlyAny() {
		return []mode{modeAny, modeARN}
	}
	return []mode{modeARN, modeAny}
}

// formulaKey is what a formula of one caller hangs on.
type formulaKey struct {
	alike                                                                             string
	sameAccount, explicit, underRCPs, identityAllows, resourceDelegates, resourceOpen bool
	needsSession                                                                      bool
}

// formulas are what a situation asks: allowed by the new policies, and not by the old ones.
func (c *comparer) formulas(s *situation, class *actionClass) (allowed, denied *node) {
	key := formulaKey{class.alike, s.sameAccount, s.explicit, s.underRCPs, s.identityAllows, s.resourceDelegates, s.resourceOpen, s.needsSession}
	if f, ok := c.formulaOf[key]; ok && !class.open {
		return f[0], f[1]
	}
	c.budget.Steps -= len(c.statements)
	before := s.setting
	before.delegated = !c.ofIdentity
	allowed, denied = c.new.formula(&s.setting, class), negate(c.old.formula(&before, class))
	if !class.open {
		c.formulaOf[key] = [2]*node{allowed, denied}
	}
	return allowed, denied
}
