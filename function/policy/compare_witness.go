package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// witness makes a request of what a search found, and holds it against Evaluate.
func (c *comparer) witness(a *asker, s *situation, found *search) (Witness, bool) {
	req := Request{Principal: a.caller.text, Action: found.action, Resource: found.resource, Context: Context{Keys: map[string]ContextValue{}}}
	if v, ok := found.values["aws:principalarn"]; ok && a.bases != nil && len(v.Values) == 1 {
		req.Principal = v.Values[0]
	}
	owner, isARN := splitARN(req.Resource)
	switch {
	case isARN && aws.IsAccountID(owner[arnAccount]):
		if !c.ofResource && !c.mentions.mentionsAny("aws:principalaccount", "aws:principalarn") {
			req.Principal = strings.Replace(req.Principal, "::"+a.caller.account+":", "::"+owner[arnAccount]+":", 1)
		}
	case s.account != "":
		req.ResourceAccount = s.account
	case s.elsewhere != "":
		req.ResourceAccount = exampleAccountBut([]string{s.elsewhere})
	}
	for key := range c.mentions.keys {
		v, ok := found.values[key]
		if !ok {
			v = found.given[key]
		}
		if v.Presence == KeyPresent {
			req.Context.Keys[key] = v
		}
	}
	if !c.spendOnCheck(found.class, &req) {
		return Witness{}, false
	}
	w := Witness{Request: req}
	if w.check(c.old.set, c.new.set) {
		return w, true
	}
	if s.identityAllows && a.caller.inAccount() {
		w.AssumedIdentity = allowEverything
	}
	if a.caller.kind == callerFederatedUser && c.assumesSession() {
		w.AssumedSession = allowEverything
	}
	switch {
	case s.resourceOpen:
		w.AssumedResource = openToEverybody
	case s.resourceDelegates:
		w.AssumedResource = delegation(parseCaller(req.Principal).account)
	}
	return w, w.check(c.old.set, c.new.set)
}

// check asks Evaluate.
func (w *Witness) check(old, new Set) bool {
	before := Evaluate(w.Request, w.Under(old)).Decision
	return before != Allowed && before != Unknown && Evaluate(w.Request, w.Under(new)).Decision == Allowed
}

// Under gives the set together with what the witness assumes: what to evaluate the request under.
func (w *Witness) Under(set Set) Set {
	if w.AssumedIdentity != nil {
		set.Identity = append(slices.Clip(set.Identity), Part{Name: assumedName, Document: w.AssumedIdentity})
	}
	if w.AssumedSession != nil {
		set.Session = &Part{Name: assumedName, Document: w.AssumedSession}
	}
	if w.AssumedResource != nil {
		set.Resource = &Part{Name: assumedName, Document: w.AssumedResource}
	}
	return set
}

var allowEverything = mustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, Identity)

// openToEverybody is a resource policy that allows everybody everything.
var openToEverybody = mustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, Resource)

// delegation is a resource policy that leaves it to the account who may do what.
func delegation(account string) *Document {
	return mustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"`+account+`"},"Action":"*","Resource":"*"}}`, Resource)
}

func mustParse(text string, kind Kind) *Document {
	d, err := Parse([]byte(text), kind)
	if err != nil {
		panic(err)
	}
	return d
}
