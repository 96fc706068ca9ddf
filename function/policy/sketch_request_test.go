package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// derivedKeys follow from the caller and the resource.
var derivedKeys = []string{"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:username", "aws:resourceaccount", "aws:principalisawsservice"}

// addValues adds values of a key that a condition tells apart, and the key's absence.
func (w *world) addValues(c sketchedCondition) {
	key := strings.ToLower(c.key)
	for _, v := range c.values {
		if _, inner, _, ok := cutVariable(v); ok {
			if inner = strings.ToLower(inner); len(w.keys[inner]) == 0 && !slices.Contains(derivedKeys, inner) {
				w.keys[inner] = []ContextValue{{}, present("pay"), present("u")}
			}
		}
	}
	if slices.Contains(derivedKeys, key) {
		return
	}
	var texts []string
	add := func(list ...string) {
		for _, text := range list {
			texts = appendNew(texts, text)
		}
	}
	switch key {
	case "aws:securetransport", "aws:multifactorauthpresent":
		add("true", "false")
	case "s3:max-keys":
		add("5", "4", "6", "10", "9", "11", "5.2", "5.7", "-2")
	case "aws:sourceip":
		add("10.0.0.1", "10.1.0.0", "10.1.2.3", "10.1.2.4", "11.0.0.0", "9.255.255.255", "2001:db8::1", "2001:db9::", "203.0.113.255", "203.0.114.0")
	case "aws:currenttime":
		add("2028-12-31T23:59:59Z", "2029-01-01T00:00:00Z", "2029-06-01T00:00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:01Z", "2031-01-01T00:00:00Z")
	case "aws:sourcearn":
		add("arn:aws:s3:::a", "arn:aws:s3:::b", "arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:us-east-1:222222222222:t")
	case "app:blob":
		add("YQ==", "YWI=", "YWJj")
	case "s3:prefix":
		add("", "a/", "a/b", "b", "u/x")
	case "aws:sourcevpc":
		add("vpc-1", "vpc-2", "vpc-3")
	case "aws:principalorgid":
		add("o-1", "o-2", "O-1", "o-33")
	default:
		add("pay", "Pay", "pa", "other", "x")
	}
	var list []ContextValue
	for _, text := range texts {
		list = append(list, present(text))
	}
	if key == "aws:tagkeys" {
		list = list[:0]
		for _, values := range [][]string{{"x"}, {"y"}, {"z"}, {"x", "y"}, {"x", "z"}, {"xx", "z"}, {"y", "xx"}} {
			list = append(list, ContextValue{Presence: KeyPresent, Values: values})
		}
	}
	if key != "aws:securetransport" && key != "aws:currenttime" {
		list = append(list, ContextValue{})
	}
	w.keys[key] = list
}

// request draws one out of the world.
func (w *world) request(r sketcher) Request {
	req := Request{Principal: r.one(w.principals), Action: r.one(w.actions), Resource: r.one(w.resources), Context: Context{Keys: map[string]ContextValue{}}}
	who := parseCaller(req.Principal)
	for _, key := range slices.Sorted(maps.Keys(w.keys)) {
		values := w.keys[key]
		if !who.inAccount() && strings.HasPrefix(key, "aws:principal") {
			continue
		}
		if v := values[r.IntN(len(values))]; v.Presence == KeyPresent {
			req.Context.Keys[key] = v
		}
	}
	owner := ""
	if a, ok := splitARN(req.Resource); ok && aws.IsAccountID(a[arnAccount]) {
		owner = a[arnAccount]
	} else if owner = r.one([]string{"111111111111", "222222222222", "444444444444"}); ok && a[arnAccount] == "" {
		req.ResourceAccount = owner
	} else {
		owner = who.account
	}
	if w.resourceKind == "" && owner != "" && r.chance(2) && req.ResourceAccount != "" {
		owner, req.ResourceAccount = who.account, who.account
	}
	set := func(key, value string) {
		if value != "" {
			req.Context.Keys[key] = present(value)
		}
	}
	set("aws:resourceaccount", owner)
	set("aws:principalaccount", who.account)
	isService := "false"
	switch who.kind {
	case callerRole:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "AssumedRole")
	case callerSession:
		set("aws:principalarn", "arn:aws:iam::"+who.account+":role/"+who.role)
		set("aws:principaltype", "AssumedRole")
	case callerUser:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "User")
		set("aws:username", lastSegment(req.Principal))
	case callerFederatedUser:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "FederatedUser")
	case callerAccount:
		set("aws:principalarn", req.Principal)
		set("aws:principaltype", "Account")
	case callerAnonymous:
		set("aws:principaltype", "Anonymous")
		set("aws:principalaccount", "anonymous")
	case callerService:
		isService = "true"
		set("aws:principalservicename", req.Principal)
	case callerProvider:
		delete(req.Context.Keys, "aws:principalaccount")
	}
	set("aws:principalisawsservice", isService)
	return req
}

// isNewlyAllowed says whether a request is newly allowed under the assumptions of Compare: what neither set holds does not
// stand in the way, except that a resource's own account may do by itself what it likes, unless the resource's policy denies
// it: that is new where the old one denied it.
func isNewlyAllowed(req Request, old, new Set) bool {
	ofResource, ofIdentity := old.Resource != nil || new.Resource != nil, len(old.Identity)+len(new.Identity) > 0
	who, q := parseCaller(req.Principal), newQuery(req)
	owner := q.arn[arnAccount]
	if !aws.IsAccountID(owner) {
		owner = req.ResourceAccount
	}
	if who.kind == callerFederatedUser && old.Session == nil && new.Session == nil {
		old.Session = &Part{Name: "assumed", Document: allowEverything}
		new.Session = old.Session
	}
	inside := who.inAccount() && (owner == "" || owner == who.account)
	switch {
	case !ofResource:
		if !who.inAccount() || who.kind == callerAccount {
			return false
		}
		part := &Part{Name: "assumed", Document: delegation(who.account)}
		old.Resource, new.Resource = part, part
	case inside && who.kind == callerAccount:
		return false
	case !ofIdentity && who.inAccount():
		old.Identity = []Part{{Name: "assumed", Document: allowEverything}}
		new.Identity = old.Identity
	}
	b, a := Evaluate(req, old).Decision, Evaluate(req, new).Decision
	if ofResource && !ofIdentity && inside && !q.needsExplicitAllow() {
		switch {
		case b == ExplicitDeny && a == Allowed && isOfOneService(&q):
			return true
		case namesAccountOf(old, who.account):
			return false
		}
		old.Identity, new.Identity = nil, nil
		b, a = Evaluate(req, old).Decision, Evaluate(req, new).Decision
	}
	return a == Allowed && b != Allowed && b != Unknown
}

// isOfOneService says whether the action and the resource are of one service.
func isOfOneService(q *query) bool {
	service := strings.ToLower(q.service)
	return q.arn[arnService] == service || q.arn[arnService] == "iam" && service == "sts"
}

func namesAccountOf(set Set, account string) bool {
	if set.Resource == nil {
		return false
	}
	for _, s := range set.Resource.Document.compiled().statements {
		if slices.ContainsFunc(s.principals, func(p principalPattern) bool { return p.kind == namesAccount && p.account == account }) {
			return true
		}
	}
	return false
}
