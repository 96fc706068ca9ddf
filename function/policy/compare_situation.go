package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// situation is a setting together with what it says of the resource.
type situation struct {
	setting
	target
	// owner is the resource's account, where conditions ask for it. Some actions do not have the key, as the page on global
	// condition keys says: then it is absent.
	owner       string
	ownerAbsent bool
}

// situations are the ways in which a caller and a resource can stand to one another.
func (c *comparer) situations(a *asker, class *actionClass, g *comparedStatement) []situation {
	base := situation{setting: setting{caller: a.caller}}
	base.service, base.action = class.service, class.action
	asked := query{service: class.service, action: class.action}
	base.underRCPs = asked.isUnderRCPs()
	base.resourceDelegates = !c.ofResource
	base.needsSession = a.caller.kind == callerFederatedUser && !c.assumesSession()
	if c.trust {
		return c.assumptions(base, a, class)
	}
	return c.inModes(c.owned(c.serviceLinked(c.relations(base, a, class, g))), class)
}

// relations are the ways in which the caller's account and the resource's stand to one another.
func (c *comparer) relations(base situation, a *asker, class *actionClass, g *comparedStatement) []situation {
	switch {
	case c.ofResource && a.caller.inAccount() && g.isAssuming():
		return insiders(base, class)
	case c.ofResource && a.caller.inAccount():
		return c.crossings(base, class)
	case c.resourceOpen && !a.caller.inAccount():
		base.resourceOpen = true
	default:
		base.identityAllows = !c.ofIdentity
	}
	base.sameAccount = true
	return []situation{base}
}

// serviceLinked separates service-linked roles as resources, to which RCPs do not apply, from all others.
func (c *comparer) serviceLinked(list []situation) []situation {
	if !holdsKind(c.old.set, combine.RCP) && !holdsKind(c.new.set, combine.RCP) {
		return list
	}
	var out []situation
	for _, s := range list {
		if !s.underRCPs {
			out = append(out, s)
			continue
		}
		linked := s
		s.without = append(slices.Clip(s.without), serviceLinkedRoles.pattern)
		linked.underRCPs = false
		linked.within = append(slices.Clip(s.within), []language.Pattern{serviceLinkedRoles.pattern})
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
		for _, account := range c.owners {
			accounts = appendNew(accounts, account)
		}
	}
	var list []situation
	for _, account := range accounts {
		s := base
		s.mode, s.account, s.identityAllows = modeRole, account, !c.ofIdentity
		s.role = aws.RoleARN(c.partitionOf(a), account, "/", "example").String()
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

// partitionOf is the partition that a role has by choice: the caller's, or, of a caller without one, the first that policies name.
func (c *comparer) partitionOf(a *asker) string {
	if a.caller.partition == "" {
		return firstOr(c.mentions.partitions, aws.StandardPartition)
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
	resources := ownPolicyRule(class.service)
	if resources == nil {
		return []situation{same}
	}
	named := []language.Pattern{resources.pattern}
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
	owners := c.owners
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
func (c *comparer) formulas(s *situation, class *actionClass) (allowed, denied *formula) {
	key := formulaKey{class.alike, s.sameAccount, s.explicit, s.underRCPs, s.identityAllows, s.resourceDelegates, s.resourceOpen, s.needsSession}
	if f, ok := c.formulaOf[key]; ok && !class.open {
		return f[0], f[1]
	}
	for _, cst := range c.statements {
		if class.open || class.matched.has(cst.number) {
			cst.spend(c.budget, 5+5*len(cst.compiled.principals))
		}
	}
	c.budget.Spend(100 + len(c.statements)/4)
	before := s.setting
	before.delegated = !c.ofIdentity
	allowed, denied = c.new.formula(&s.setting, class), c.old.formula(&before, class).Not()
	if !class.open {
		c.formulaOf[key] = [2]*formula{allowed, denied}
	}
	return allowed, denied
}
