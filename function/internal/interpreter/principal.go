package interpreter

import (
	"slices"
	"strings"
)

// kind is what sort of caller a principal is.
type kind int

const (
	anonymous kind = iota
	service
	openIDProvider
	samlProvider
	outsider // an ARN that belongs to no account, such as a CloudFront origin access identity
	rootUser
	user
	roleItself
	roleSession
	federatedUser
)

// caller is who makes the request. The account is empty for callers that belong to none.
type caller struct {
	kind                    kind
	arn, account, partition string
	role                    string // the role's name, for a role's session
	federatedBy             string
}

// namedHow is how a principal element reaches the caller.
type namedHow int

const (
	notAtAll  namedHow = iota
	byAccount          // the caller's account, which delegates
	byOrigin           // the role, or the user behind a federated session
	byItself
)

// builtIn are the identity providers that have no ARN: "AWS JSON policy elements: Principal", OIDC federated principals.
var builtIn = []string{"accounts.google.com", "graph.facebook.com", "www.amazon.com", "cognito-identity.amazonaws.com"}

func callerOf(req Request) caller {
	text := req.Principal
	switch {
	case text == "*":
		return caller{kind: anonymous}
	case isAccountID(text):
		return caller{kind: rootUser, account: text, partition: "aws"}
	case slices.Contains(builtIn, text):
		return caller{kind: openIDProvider, arn: text}
	case !strings.HasPrefix(text, "arn:"):
		return caller{kind: service, arn: text}
	}
	segments := strings.SplitN(text, ":", 6)
	c := caller{arn: text, partition: segments[1], account: segments[4], federatedBy: req.FederatedBy}
	word, rest, _ := strings.Cut(segments[5], "/")
	switch {
	case !isAccountID(c.account):
		return caller{kind: outsider, arn: text}
	case word == "oidc-provider":
		return caller{kind: openIDProvider, arn: text}
	case word == "saml-provider":
		return caller{kind: samlProvider, arn: text}
	case word == "root":
		c.kind = rootUser
	case word == "user":
		c.kind = user
	case word == "role":
		c.kind = roleItself
	case word == "assumed-role":
		c.kind = roleSession
		c.role, _, _ = strings.Cut(rest, "/")
	case word == "federated-user":
		c.kind = federatedUser
	default:
		c.kind = outsider
	}
	return c
}

// hasPolicies reports whether identity policies and boundaries apply to the caller.
func (c caller) hasPolicies() bool { return c.account != "" && c.kind != rootUser }

// names says how a Principal element reaches the caller; the most direct way counts.
func (q *question) names(principal map[string][]string) namedHow {
	best := notAtAll
	for group, names := range principal {
		for _, name := range names {
			best = max(best, q.isNamed(group, name))
		}
	}
	return best
}

// isNamed holds one principal against the caller.
func (q *question) isNamed(group, name string) namedHow {
	c := q.caller
	switch group {
	case "AWS":
		if name == "*" {
			return byItself
		}
		return c.isNamedAs(name)
	case "":
		// IAM refuses a bare principal in a trust policy; the services that take one can mean only the principal.
		if q.resourceForm() == trust {
			return notAtAll
		}
		return c.isNamedAs(name)
	case "Service":
		if name == "*" && c.kind == service {
			q.cannotTell("a wildcard for all services")
		}
		if c.kind == service && c.arn == name {
			return byItself
		}
	case "Federated":
		if (c.arn == name || name == "*") && c.federates(q.Action) {
			return byItself
		}
	case "CanonicalUser":
		if q.resourceForm() != trust && c.account != "" && c.account != q.resourceAccount() {
			q.cannotTell("the account of a canonical user ID")
		}
	}
	return notAtAll
}

// isNamedAs holds an ARN or an account ID against the caller.
func (c caller) isNamedAs(name string) namedHow {
	switch {
	case c.account == "":
		if c.kind == outsider && c.arn == name {
			return byItself
		}
		return notAtAll
	case name == c.account || name == c.root():
		return byAccount
	case name == c.arn && c.kind == roleItself:
		return byOrigin
	case name == c.arn:
		return byItself
	case c.kind == roleSession && c.isSessionOf(name):
		return byOrigin
	case c.kind == federatedUser && name == c.federatedBy:
		return byOrigin
	}
	return notAtAll
}

func (c caller) root() string { return "arn:" + c.partition + ":iam::" + c.account + ":root" }

// isSessionOf: a session's ARN leaves the role's path out, and an account has one role of a name.
func (c caller) isSessionOf(role string) bool {
	path, ok := strings.CutPrefix(role, "arn:"+c.partition+":iam::"+c.account+":role/")
	return ok && path[strings.LastIndex(path, "/")+1:] == c.role
}

// federates: each sort of provider has its own action of STS, and takes the ones that go with it.
func (c caller) federates(action string) bool {
	switch strings.ToLower(action) {
	case "sts:assumerolewithwebidentity":
		return c.kind == openIDProvider
	case "sts:assumerolewithsaml":
		return c.kind == samlProvider
	case "sts:tagsession", "sts:setsourceidentity":
		return c.kind == openIDProvider || c.kind == samlProvider
	}
	return false
}

// isExempt reports whether a NotPrincipal element exempts the caller, who must be listed in full: with the account, and a session
// with its role. A principal with a permissions boundary is never exempt.
func (q *question) isExempt(list map[string][]string) bool {
	c := q.caller
	if c.hasPolicies() && len(q.policies.boundaries) > 0 {
		return false
	}
	if slices.Contains(list["AWS"], "*") {
		return true
	}
	lists := func(want namedHow) bool {
		for group, names := range list {
			for _, name := range names {
				if q.isNamed(group, name) == want {
					return true
				}
			}
		}
		return false
	}
	switch {
	case c.account == "":
		return lists(byItself)
	case c.kind == rootUser:
		return lists(byAccount)
	case c.kind == roleSession:
		return lists(byItself) && lists(byOrigin) && lists(byAccount)
	case c.kind == federatedUser:
		return (lists(byItself) || lists(byOrigin)) && lists(byAccount)
	case c.kind == roleItself:
		return lists(byOrigin) && lists(byAccount)
	}
	return lists(byItself) && lists(byAccount)
}

// serviceLinked reports whether the caller is a service-linked role, and whether that is known. A session's ARN has no path;
// aws:PrincipalArn has the role's.
func serviceLinked(req Request) (linked, known bool) {
	const path = ":role/aws-service-role/"
	if strings.Contains(req.Principal, path) {
		return true, true
	}
	c := callerOf(req)
	if c.kind != roleSession {
		return false, true
	}
	for name, values := range req.Keys {
		if strings.EqualFold(name, "aws:PrincipalArn") && len(values) == 1 && c.isSessionOf(values[0]) {
			return strings.Contains(values[0], path), true
		}
	}
	return false, !strings.HasPrefix(c.role, "AWSServiceRoleFor")
}

func isAccountID(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }
