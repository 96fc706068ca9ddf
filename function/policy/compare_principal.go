package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// asker is somebody who might make the request, for all those whom the policies do not tell apart from it.
type asker struct {
	caller caller
	// given are the keys that follow from it.
	given map[string]ContextValue
	// bases are what keys look like whose values are to be found: the ARN of a role or user that no policy names.
	bases map[string]keyBase
}

func newAsker(text string) asker {
	a := asker{caller: parseCaller(text), given: map[string]ContextValue{}}
	absent := ContextValue{Presence: KeyAbsent}
	set := func(value string, keys ...string) {
		for _, k := range keys {
			a.given[k] = absent
			if value != "" {
				a.given[k] = present(value)
			}
		}
	}
	set("false", "aws:principalisawsservice")
	set("", "aws:principalservicename", "aws:username")
	switch a.caller.kind {
	case callerAnonymous:
		set("", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths")
		set("anonymous", "aws:principalaccount", "aws:userid")
		set("Anonymous", "aws:principaltype")
		return a
	case callerService, callerProvider, callerOther:
		set("", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")
		if a.caller.kind == callerService && strings.Contains(text, aws.ServiceDomain) {
			set("true", "aws:principalisawsservice")
			set(text, "aws:principalservicename")
		}
		return a
	}
	set(a.caller.account, "aws:principalaccount")
	arn := text
	switch a.caller.kind {
	case callerAccount:
		set("Account", "aws:principaltype")
		set(a.caller.account, "aws:userid")
	case callerUser:
		set("User", "aws:principaltype")
		set(lastSegment(text), "aws:username")
	case callerRole:
		set("AssumedRole", "aws:principaltype")
	case callerSession:
		set("AssumedRole", "aws:principaltype")
		arn = "arn:" + a.caller.partition + ":iam::" + a.caller.account + ":role/" + a.caller.role
	case callerFederatedUser:
		set("FederatedUser", "aws:principaltype")
	}
	set(arn, "aws:principalarn")
	return a
}

// askerList are the ones who are worth asking for: those whom the policies name, and for each kind one that they do not.
type askerList struct {
	named    map[string]bool
	accounts []string
	list     []asker
	// fine is set where conditions look at who the caller is, userNames where they look at a user's name.
	fine      bool
	userNames []string
	// limited is set where the organization's policies count, which do not bind service-linked roles.
	limited bool
	// partitions are those that callers are of.
	partitions []string
	budget     *language.Budget
}

func newAskerList(statements []*comparedStatement, m *mentions) askerList {
	isOfOrganization := func(cst *comparedStatement) bool { return cst.kind == combine.SCP || cst.kind == combine.RCP }
	return askerList{
		named: map[string]bool{}, fine: m.mentionsAny(principalKeys...), limited: slices.ContainsFunc(statements, isOfOrganization),
		userNames: m.userNames(), partitions: m.callerPartitions(), budget: m.budget,
	}
}

// principalKeys are the keys that follow from who asks.
var principalKeys = []string{"aws:principalarn", "aws:principaltype", "aws:username", "aws:userid"}

// askersOf gives the callers that the resource policies of both sets tell apart.
func askersOf(statements []*comparedStatement, m *mentions) []asker {
	c := newAskerList(statements, m)
	c.accounts = m.accounts("aws:principalaccount", "aws:principalarn")
	texts := c.principalTexts(statements, combine.Resource, combine.RCP, combine.Endpoint)
	for _, name := range m.constants["aws:principalservicename"] {
		texts = appendNew(texts, sampleText(markWildcards(name)))
	}
	c.addRoots(c.accounts)
	for _, account := range c.accounts {
		c.addUnnamed(account, texts)
	}
	for _, text := range texts {
		c.add(text)
	}
	c.add("*")
	owners := ownersOf(statements, c.accounts, m.budget)
	others := m.otherAccounts(slices.Concat(c.accounts, owners), "aws:principalaccount", "aws:principalarn")
	for _, account := range m.accountsByARN() {
		if !slices.Contains(c.accounts, account) && !slices.Contains(owners, account) {
			others = appendNew(others, account)
		}
	}
	for _, account := range others {
		c.addUnnamed(account, texts)
	}
	if c.fine {
		c.addRoots(others)
	}
	// Those of the resource's own account come last: an outsider says more of what an edit opens.
	for _, account := range owners {
		c.addUnnamed(account, texts)
	}
	c.addRoots(owners)
	for _, service := range m.otherServices(texts) {
		c.add(service)
	}
	own := "arn:" + c.partitions[0] + ":iam::" + exampleAccount
	c.add(unnamed(own+":oidc-provider/example", ".com", texts))
	c.add(unnamed(own+":saml-provider/example", "", texts))
	c.add(unnamed("example", ".com", texts))
	return c.list
}

// ownersOf are the accounts that the ARNs of resource policies name, and that are not known.
func ownersOf(statements []*comparedStatement, known []string, budget *language.Budget) []string {
	var list []string
	for _, cst := range statements {
		for i := range cst.compiled.resources {
			if !cst.spend(budget, 2+len(known)/4+len(list)/4) {
				return list
			}
			account := cst.compiled.resources[i].head[arnAccount]
			if cst.kind == combine.Resource && aws.IsAccountID(account) && !slices.Contains(known, account) {
				list = appendNew(list, account)
			}
		}
	}
	return list
}

// principalTexts are the principals that statements of some kinds of policy name; it adds their accounts.
func (c *askerList) principalTexts(statements []*comparedStatement, of ...combine.Kind) []string {
	var texts []string
	for _, cst := range statements {
		if !slices.Contains(of, cst.kind) {
			continue
		}
		for i := range cst.compiled.principals {
			p := &cst.compiled.principals[i]
			if !cst.spend(c.budget, 2+len(texts)/4+len(c.accounts)/4) {
				return texts
			}
			switch p.kind {
			case namesAccount:
				c.accounts = appendNew(c.accounts, p.account)
			case namesRole, namesUser, namesARN, namesService, namesProvider:
				texts = appendNew(texts, p.text)
				if aws.IsAccountID(p.account) && p.kind != namesProvider {
					c.accounts = appendNew(c.accounts, p.account)
				}
			}
		}
	}
	return texts
}

// addRoots adds the root user of each account.
func (c *askerList) addRoots(accounts []string) {
	for _, account := range accounts {
		if c.budget.Spent() {
			return
		}
		for _, partition := range c.partitions {
			c.add("arn:" + partition + ":iam::" + account + ":root")
		}
	}
}

func (c *askerList) add(text string) {
	if !c.budget.Spend(200) || c.named[text] {
		return
	}
	c.named[text] = true
	if a := newAsker(text); a.caller.kind != callerOther {
		c.list = append(c.list, a)
	}
}

// addUnnamed adds a role of the account whose name is open, and a user and others where the policies can tell them apart.
func (c *askerList) addUnnamed(account string, texts []string) {
	for _, partition := range c.partitions {
		if !c.budget.Spend(10) {
			return
		}
		prefix := "arn:" + partition + ":iam::" + account
		c.addOpen(prefix+":role/", texts)
		if c.fine {
			c.addOpen("arn:"+partition+":sts::"+account+":federated-user/", texts)
		}
		if c.fine && c.limited {
			c.addOpen(prefix+":"+aws.ServiceLinkedRolePrefix, texts)
		}
		for _, name := range c.userNames {
			if c.budget.Spent() {
				return
			}
			c.add(prefix + ":user/" + name)
		}
		if c.fine && len(c.userNames) == 0 {
			c.addOpen(prefix+":user/", texts)
		}
	}
}

func (c *askerList) addOpen(prefix string, texts []string) {
	if !c.budget.Spend(200 + len(texts)/4) {
		return
	}
	a := newAsker(unnamed(prefix+"example", "", texts))
	if c.fine {
		delete(a.given, "aws:principalarn")
		a.bases = map[string]keyBase{"aws:principalarn": {must: openName(prefix), not: texts}}
	}
	c.list = append(c.list, a)
}

// callersOf gives the callers whom identity policies tell apart, without the policies saying whose they are, and those whom
// the policies of VPC endpoints name.
func callersOf(statements []*comparedStatement, m *mentions) []asker {
	c := newAskerList(statements, m)
	keys := []string{"aws:principalaccount", "aws:principalarn", "aws:resourceaccount"}
	named := m.accounts(keys...)
	c.accounts = append(slices.Clip(named), m.otherAccounts(named, keys...)...)
	for _, account := range m.accountsByARN() {
		c.accounts = appendNew(c.accounts, account)
	}
	texts := c.principalTexts(statements, combine.Endpoint)
	for _, account := range c.accounts {
		c.addUnnamed(account, texts)
	}
	if c.fine {
		c.addRoots(c.accounts)
	}
	for _, text := range texts {
		c.add(text)
	}
	c.list = slices.DeleteFunc(c.list, func(a asker) bool { return !a.caller.inAccount() })
	return c.list
}

// partitionsOf are the partitions that the caller's requests are of: its own, or any that the policies name. It gives nil
// for all.
func (c *comparer) partitionsOf(a *asker) []string {
	if len(c.mentions.partitions) > 0 && a.caller.inAccount() && a.caller.partition != "" {
		return []string{a.caller.partition}
	}
	return c.mentions.partitions
}

func (m *mentions) callerPartitions() []string {
	if len(m.partitions) == 0 {
		return []string{aws.StandardPartition}
	}
	return m.partitions
}
