package policy

import (
	"slices"
	"strings"
)

// refWhole is what the policies of each kind say to the caller, in one world.
type refWhole struct {
	identity, resource refGrant
	limits             []refGrant // boundaries, the session policy
	gates              []refGrant // endpoints, SCPs by level
	rcps               refGrant
}

// refDecide is the reference's answer: unknown if and only if two worlds differ in whether they allow.
func refDecide(req Request, set Set) Decision {
	outcomes := map[Decision]bool{}
	for _, w := range refWholes(req, set) {
		outcomes[refCombine(req, w)] = true
	}
	switch {
	case outcomes[Allowed] && len(outcomes) > 1:
		return Unknown
	case outcomes[Allowed]:
		return Allowed
	case outcomes[ImplicitDeny]:
		return ImplicitDeny
	}
	return ExplicitDeny
}

// refWholes is every combination of what the policies may say.
func refWholes(req Request, set Set) []refWhole {
	c := refReadCaller(req.Principal)
	unread := func(kind string) bool { return slices.Contains(set.Unread, kind) }
	var wholes []refWhole
	for world := range 4 {
		bounded, linked := world%2 == 1, world/2 == 1
		if bounded && len(set.Boundaries) == 0 && !unread("boundary") || !bounded && len(set.Boundaries) > 0 {
			continue
		}
		if m := refLinked(c, req.Context); linked && !m.yes || !linked && !m.no {
			continue
		}
		now := []refWhole{{}}
		spread := func(options []refGrant, put func(*refWhole, refGrant)) {
			var next []refWhole
			for _, w := range now {
				for _, g := range options {
					n := w
					n.limits, n.gates = slices.Clone(w.limits), slices.Clone(w.gates)
					put(&n, g)
					next = append(next, n)
				}
			}
			now = next
		}
		options := func(parts []Part, missing bool) []refGrant { return refPolicies(parts, missing, req, bounded, false) }
		limit := func(w *refWhole, g refGrant) { w.limits = append(w.limits, g) }
		gate := func(w *refWhole, g refGrant) { w.gates = append(w.gates, g) }
		if c.isIdentity() {
			spread(options(set.Identity, unread("identity")), func(w *refWhole, g refGrant) { w.identity = g })
			for _, p := range set.Boundaries {
				spread(options([]Part{p}, false), limit)
			}
			if bounded && unread("boundary") {
				spread([]refGrant{0, refDirect, refDeny, refDirect | refDeny}, limit)
			}
		}
		if c.isIdentity() || c.kind == refAccount {
			if set.Session != nil {
				spread(options([]Part{*set.Session}, false), limit)
			}
			if c.kind == refFederated && set.Session == nil && !unread("session") {
				spread([]refGrant{0}, limit)
			}
			if unread("session") {
				spread([]refGrant{0, refDirect, refDeny, refDirect | refDeny}, limit)
			}
		}
		if set.Resource != nil || unread("resource") {
			var parts []Part
			if set.Resource != nil {
				parts = []Part{*set.Resource}
			}
			spread(options(parts, unread("resource")), func(w *refWhole, g refGrant) { w.resource = g })
		}
		if len(set.Endpoint) > 0 {
			spread(refPolicies(set.Endpoint, false, req, bounded, true), gate)
		}
		if unread("endpoint") {
			spread([]refGrant{0, refDirect, refDeny, refDirect | refDeny}, gate)
		}
		if (c.isIdentity() || c.kind == refAccount) && !linked {
			for _, level := range set.SCPs {
				spread(options(level, false), gate)
			}
			if unread("scp") {
				spread([]refGrant{0, refDirect, refDeny, refDirect | refDeny}, gate)
			}
		}
		if refUnderRCPs(req) && !linked {
			for _, level := range set.RCPs {
				spread(options(level, false), func(w *refWhole, g refGrant) { w.rcps |= g & refDeny })
			}
			if unread("rcp") {
				spread([]refGrant{0, refDeny}, func(w *refWhole, g refGrant) { w.rcps |= g })
			}
		}
		wholes = append(wholes, now...)
	}
	return wholes
}

// refPolicies is every union of what some policies may say. One that was not read may say anything.
func refPolicies(parts []Part, missing bool, req Request, bounded, endpoint bool) []refGrant {
	union := []refGrant{0}
	add := func(options []refGrant) {
		var next []refGrant
		for _, g := range union {
			for _, o := range options {
				if !slices.Contains(next, g|o) {
					next = append(next, g|o)
				}
			}
		}
		union = next
	}
	var anything []refGrant
	for g := range refGrant(16) {
		anything = append(anything, g)
	}
	for _, p := range parts {
		if p.Document == nil {
			missing = true
			continue
		}
		for i := range p.Document.Statements {
			add(refStatement(p.Document, &p.Document.Statements[i], req, bounded, endpoint))
		}
	}
	if missing {
		add(anything)
	}
	return union
}

// refCombine is "Policy evaluation logic" of the IAM User Guide in one world (rules 48 to 60).
func refCombine(req Request, w refWhole) Decision {
	if strings.EqualFold(req.Action, "sts:GetCallerIdentity") {
		return Allowed
	}
	for _, g := range append(append([]refGrant{w.identity, w.resource, w.rcps}, w.limits...), w.gates...) {
		if g&refDeny != 0 {
			return ExplicitDeny
		}
	}
	if refProtected(req) {
		return ImplicitDeny
	}
	for _, g := range w.gates {
		if g&refAllow == 0 {
			return ImplicitDeny
		}
	}
	if refGranted(req, w) {
		return Allowed
	}
	return ImplicitDeny
}

func refGranted(req Request, w refWhole) bool {
	c := refReadCaller(req.Principal)
	within := true
	for _, g := range w.limits {
		within = within && g&refAllow != 0
	}
	identity := w.identity&refAllow != 0 && within
	resource := w.resource&refAllow != 0
	named := w.resource&refDirect != 0 || w.resource&refToRole != 0 && within
	switch {
	case c.kind == refAccount && refOwner(req, c) == c.account && !refNeedsResourcePolicy(req):
		return within || w.resource&refDirect != 0
	case c.kind == refAccount && refOwner(req, c) == c.account:
		return w.resource&refDirect != 0 || within && resource
	case c.kind == refAccount:
		return within && resource
	case !c.isIdentity():
		return w.resource&refDirect != 0
	case refOwner(req, c) != c.account:
		return identity && resource
	case refNeedsResourcePolicy(req):
		return named || identity && resource
	}
	return named || identity
}

// refOwner is the account of the resource; the caller's where nothing tells.
func refOwner(req Request, c refCaller) string {
	if s := strings.SplitN(req.Resource, ":", 6); len(s) == 6 && len(s[4]) == 12 {
		return s[4]
	}
	if req.ResourceAccount != "" {
		return req.ResourceAccount
	}
	return c.account
}

// refNeedsResourcePolicy is rule 50.
func refNeedsResourcePolicy(req Request) bool {
	action := strings.ToLower(req.Action)
	switch {
	case strings.HasPrefix(action, "kms:"):
		return strings.Contains(req.Resource, ":key/")
	case strings.HasPrefix(action, "sts:assumerole"), action == "sts:tagsession", action == "sts:setsourceidentity":
		return strings.Contains(req.Resource, ":role/")
	}
	return false
}

// refProtected is rule 57.
func refProtected(req Request) bool {
	action := strings.ToLower(req.Action)
	switch {
	case strings.HasPrefix(action, "kms:"):
		return strings.Contains(req.Resource, ":alias/aws/") && slices.Contains([]string{"kms:createalias", "kms:updatealias", "kms:deletealias"}, action)
	case !strings.HasPrefix(action, "iam:"), strings.HasPrefix(action, "iam:get"), strings.HasPrefix(action, "iam:list"):
		return false
	}
	return refGlob("arn:*:iam::*:role/aws-reserved/*", req.Resource) || refGlob("arn:*:iam::aws:policy/*", req.Resource)
}

// refUnderRCPs is rule 54.
func refUnderRCPs(req Request) bool {
	service, _, _ := strings.Cut(strings.ToLower(req.Action), ":")
	return slices.Contains([]string{"s3", "sqs", "kms", "sts", "logs"}, service) && !strings.Contains(req.Resource, ":role/aws-service-role/")
}
