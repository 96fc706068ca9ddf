package policy

import (
	"slices"
	"strings"
)

// The kinds of caller, and what kind of grant a principal element makes to one (rules 39 to 47, 51).
const (
	refAnonymous = "anonymous"
	refService   = "service"
	refProvider  = "provider"
	refAccount   = "account" // the account itself, and its root user
	refUser      = "user"
	refRole      = "role"
	refSession   = "session"
	refFederated = "federated"
)

type refCaller struct {
	kind, text, partition, account string
	name                           string // of the role
	by                             string // who called GetFederationToken
}

func refReadCaller(text string) refCaller {
	c := refCaller{text: text}
	segments := strings.SplitN(text, ":", 6)
	switch {
	case text == "*":
		c.kind = refAnonymous
	case len(text) == 12 && strings.Trim(text, "0123456789") == "":
		c.kind, c.account = refAccount, text
	case slices.Contains([]string{"accounts.google.com", "graph.facebook.com", "www.amazon.com", "cognito-identity.amazonaws.com"}, text):
		c.kind = refProvider
	case len(segments) < 6:
		c.kind = refService
	default:
		c.partition, c.account = segments[1], segments[4]
		kind, path, _ := strings.Cut(segments[5], "/")
		c.kind = map[string]string{"root": refAccount, "user": refUser, "role": refRole, "assumed-role": refSession,
			"federated-user": refFederated, "oidc-provider": refProvider, "saml-provider": refProvider}[kind]
		parts := strings.Split(path, "/")
		if c.kind == refRole {
			c.name = parts[len(parts)-1]
		}
		if c.kind == refSession {
			c.name = parts[0]
		}
	}
	return c
}

// isIdentity says whether identity policies, boundaries and session policies can bind the caller.
func (c refCaller) isIdentity() bool {
	return c.kind == refUser || c.kind == refRole || c.kind == refSession || c.kind == refFederated
}

// refLinked is rule 59: whether the caller is a service-linked role or a session of one. The role's ARN tells, and what
// the request says of it; the name alone does not.
func refLinked(c refCaller, context Context) refMaybe {
	const path = ":role/aws-service-role/"
	switch c.kind {
	case refRole:
		return refSure(strings.Contains(c.text, path))
	case refSession:
		v := refLookup(context, "aws:principalarn")
		if (v.Presence == KeyPresent || v.Presence == KeyOneOf) && len(v.Values) == 1 && refIsRole(v.Values[0], c) {
			return refSure(strings.Contains(v.Values[0], path))
		}
		if strings.HasPrefix(c.name, "AWSServiceRoleFor") {
			return refEither
		}
	}
	return refNever
}

// A refGrant is a set of bits: what one statement, or all of a policy, says to the caller.
type refGrant uint8

const (
	refDeny refGrant = 1 << iota
	refDirect
	refToRole
	refToAccount
)

const refAllow = refDirect | refToRole | refToAccount

// refNames is how a principal of the document names the caller: the grant that it makes, and whether that is sure.
func (c refCaller) refNames(p Principal, kind Kind, action string) (refGrant, refMaybe) {
	switch p.Type {
	case "*":
		return refDirect, refSurely
	case "AWS":
		switch {
		case p.Text == "*":
			return refDirect, refSurely
		case c.account == "" || c.kind == refProvider:
			return 0, refNever
		case p.Text == c.account || refIsRootOf(p.Text, c):
			if c.kind == refAccount {
				return refDirect, refSurely
			}
			return refToAccount, refSurely
		case p.Text == c.text && c.kind == refRole:
			return refToRole, refSurely
		case p.Text == c.text:
			return refDirect, refSurely
		case c.kind == refFederated && c.by != "" && p.Text == c.by:
			return refToRole, refSurely
		case c.kind == refFederated && c.by == "" && strings.HasPrefix(p.Text, "arn:"+c.partition+":iam::"+c.account+":user/") && !strings.Contains(p.Text, "*"):
			return refToRole, refEither
		case c.kind == refSession && refIsRole(p.Text, c):
			return refToRole, refSurely
		}
	case "Service":
		if c.kind == refService && p.Text == "*" {
			return refDirect, refEither
		}
		return refDirect, refSure(c.kind == refService && p.Text == c.text)
	case "Federated":
		return refDirect, refSure(c.kind == refProvider && (p.Text == c.text || p.Text == "*") && c.federates(action))
	case "CanonicalUser":
		return refToAccount, refSure(kind != Trust && c.account != "" && c.kind != refProvider && len(p.Text) == 64).and(refEither)
	}
	return 0, refNever
}

func refIsRootOf(text string, c refCaller) bool {
	s := strings.SplitN(text, ":", 6)
	return len(s) == 6 && s[2] == "iam" && s[5] == "root" && s[4] == c.account && (c.partition == "" || s[1] == c.partition)
}

func refIsRole(text string, c refCaller) bool {
	s := strings.SplitN(text, ":", 6)
	if len(s) < 6 || s[1] != c.partition || s[2] != "iam" || s[4] != c.account || !strings.HasPrefix(s[5], "role/") {
		return false
	}
	parts := strings.Split(s[5], "/")
	return parts[len(parts)-1] == c.name
}

// federates is rule 47.
func (c refCaller) federates(action string) bool {
	switch strings.ToLower(action) {
	case "sts:tagsession", "sts:setsourceidentity":
		return true
	case "sts:assumerolewithsaml":
		return strings.Contains(c.text, ":saml-provider/")
	case "sts:assumerolewithwebidentity":
		return !strings.Contains(c.text, ":saml-provider/")
	}
	return false
}

// refSpared is rule 45: whether NotPrincipal lists all that the caller is.
func (c refCaller) refSpared(s *Statement, kind Kind, action string) refMaybe {
	listed := func(grants refGrant) refMaybe {
		answer := refNever
		for _, p := range s.Principals {
			if grant, sure := c.refNames(p, kind, action); grant&grants != 0 {
				answer = answer.or(sure)
			}
		}
		return answer
	}
	star := refNever
	for _, p := range s.Principals {
		star = star.or(refSure(p.Text == "*" && (p.Type == "*" || p.Type == "AWS")))
	}
	var spared refMaybe
	switch c.kind {
	case refUser:
		spared = listed(refDirect).and(listed(refToAccount))
	case refFederated:
		spared = listed(refDirect).or(listed(refToRole)).and(listed(refToAccount))
	case refRole:
		spared = listed(refToRole).and(listed(refToAccount))
	case refSession:
		spared = listed(refDirect).and(listed(refToRole)).and(listed(refToAccount))
	default:
		spared = listed(refAllow)
	}
	return star.or(spared)
}

// refStatement is every grant that a statement may make to the request, given whether the caller has a boundary.
func refStatement(d *Document, s *Statement, req Request, bounded, endpoint bool) []refGrant {
	c := refReadCaller(req.Principal)
	c.by = req.FederatedBy
	applies := refSure(s.Effect != NoEffect).and(refActions(s, req.Action)).and(refResources(d, s, req))
	for _, condition := range s.Conditions {
		applies = applies.and(refConditionIn(condition, d.Version, req.Context))
	}
	grants := []refGrant{refDirect}
	if !refIdentityLike(d.Kind) && (s.HasPrincipal || !endpoint) {
		var named refMaybe
		grants, named = refPrincipals(d, s, c, req, bounded)
		applies = applies.and(named)
	}
	var out []refGrant
	if applies.no {
		out = append(out, 0)
	}
	if applies.yes {
		for _, g := range grants {
			if s.Effect == Deny && g != 0 {
				g = refDeny
			}
			out = append(out, g)
		}
	}
	return out
}

func refPrincipals(d *Document, s *Statement, c refCaller, req Request, bounded bool) ([]refGrant, refMaybe) {
	if !s.HasPrincipal {
		return nil, refNever
	}
	if s.NotPrincipal {
		if s.Effect != Deny {
			return nil, refNever
		}
		if bounded && c.isIdentity() {
			return []refGrant{refDirect}, refSurely
		}
		return []refGrant{refDirect}, c.refSpared(s, d.Kind, req.Action).not()
	}
	grants := []refGrant{0}
	for _, p := range s.Principals {
		grant, named := c.refNames(p, d.Kind, req.Action)
		var next []refGrant
		for _, g := range grants {
			if named.yes {
				next = append(next, g|grant)
			}
			if named.no {
				next = append(next, g)
			}
		}
		grants = next
	}
	return grants, refSurely
}

func refActions(s *Statement, action string) refMaybe {
	if !s.HasAction || len(s.Actions) == 0 {
		return refNever
	}
	listed := slices.ContainsFunc(s.Actions, func(v Value) bool { return refAction(v.Text, action) })
	return refSure(listed != s.NotAction)
}

func refResources(d *Document, s *Statement, req Request) refMaybe {
	if d.Kind == Trust || !s.HasResource && !refIdentityLike(d.Kind) {
		return refSurely
	}
	if !s.HasResource || len(s.Resources) == 0 {
		return refNever
	}
	var keys []string
	for _, v := range s.Resources {
		keys = append(keys, refVariables(v.Text)...)
	}
	var answer refMaybe
	for _, w := range refWorlds(req.Context, keys, func(string) []string {
		return refPieces([]string{req.Resource[strings.LastIndexByte(req.Resource, ':')+1:], "v1"})
	}) {
		listed := refNever
		for _, v := range s.Resources {
			m := refResource(v.Text, d.Kind, d.Version, req.Resource, w)
			if s.Effect == Deny && !s.NotResource && refBlursType(v.Text, req.Resource) {
				m = m.and(refEither)
			}
			listed = listed.or(m)
		}
		if s.NotResource {
			listed = listed.not()
		}
		answer = answer.join(listed)
	}
	return answer
}
