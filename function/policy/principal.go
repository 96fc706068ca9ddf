package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// callerKind is what a request's principal is.
type callerKind int

const (
	// callerOther is something that no policy can name.
	callerOther callerKind = iota
	callerAnonymous
	// callerService is a service ("lambda.amazonaws.com").
	callerService
	// callerProvider is the one who asks when a role is assumed with a token: the ARN of an OIDC or SAML provider, or the
	// name of one that IAM knows by itself ("accounts.google.com").
	callerProvider
	// callerAccount is an account ID or its root user.
	callerAccount
	callerUser
	callerRole
	callerSession
	callerFederatedUser
)

// caller is a request's principal, taken apart.
type caller struct {
	kind               callerKind
	text               string
	partition, account string
	// role is the role's name, of a role and of a session.
	role string
	// federatedBy is the ARN of the user behind a federated user's session, and empty where it is not known.
	federatedBy string
	// serviceLinked says whether it is a service-linked role, which neither SCPs nor RCPs bind, or a session of one (rule 59).
	serviceLinked Truth
}

func parseCaller(text string) caller {
	c := caller{text: text}
	switch {
	case text == "*":
		c.kind = callerAnonymous
	case aws.IsAccountID(text):
		c.kind, c.account = callerAccount, text
	default:
		a, ok := splitARN(text)
		if ok && a[0] == "arn" {
			c.readARN(&a)
		} else if aws.IsBuiltInProvider(text) {
			c.kind = callerProvider
		} else if strings.Contains(text, ".") && !strings.ContainsAny(text, ":/") {
			c.kind = callerService
		}
	}
	return c
}

func (c *caller) readARN(a *arn) {
	c.partition, c.account = a[arnPartition], a[arnAccount]
	kind, name, _ := strings.Cut(a[arnResource], "/")
	switch a[arnService] + " " + kind {
	case "iam root":
		c.kind = callerAccount
	case "iam user":
		// CloudFront's origin access identities are written as users of no account: no account's policies bind them.
		c.kind = callerService
		if aws.IsAccountID(c.account) {
			c.kind = callerUser
		}
	case "iam role":
		c.kind, c.role = callerRole, lastSegment(name)
		c.serviceLinked = trueIf(strings.HasPrefix(a[arnResource], aws.ServiceLinkedRolePrefix))
	case "iam oidc-provider", "iam saml-provider":
		c.kind = callerProvider
	case "sts assumed-role":
		c.kind = callerSession
		c.role, _, _ = strings.Cut(name, "/")
		c.serviceLinked = undecidedIf(strings.HasPrefix(c.role, "AWSServiceRoleFor"))
	case "sts federated-user":
		c.kind = callerFederatedUser
	}
}

// readContext takes from the request's context what a session's ARN does not tell: the path of its role.
func (c *caller) readContext(ctx *Context) {
	if c.kind != callerSession {
		return
	}
	text, ok := ctx.lookup("aws:principalarn").single()
	if !ok {
		return
	}
	a, ok := splitARN(text)
	if !ok {
		return
	}
	var role caller
	if role.readARN(&a); role.kind == callerRole && role.partition == c.partition && role.account == c.account && role.role == c.role {
		c.serviceLinked = role.serviceLinked
	}
}

// inAccount says whether the caller is an account's own principal, bound by identity policies and SCPs.
func (c *caller) inAccount() bool { return c.kind >= callerAccount }

// principalKind is what one value under Principal can name.
type principalKind int

const (
	// namesNobody names nobody: a partial wildcard (rule 40), the unique ID of somebody deleted (rule 43), a fault.
	namesNobody principalKind = iota
	namesEverybody
	namesAccount
	namesRole
	// namesUser is an IAM user, namesARN a session or a federated user's session.
	namesUser
	namesARN
	namesService
	namesAnyService
	namesProvider
	namesAnyProvider
	namesCanonicalUser
)

// principalPattern is one value of Principal or NotPrincipal.
type principalPattern struct {
	kind               principalKind
	text               string
	partition, account string
	role               string
}

func compilePrincipal(kind Kind, p Principal) principalPattern {
	out := principalPattern{text: p.Text}
	switch {
	case p.Type == "*", p.Type == "AWS" && p.Text == "*":
		if p.Text == "*" {
			out.kind = namesEverybody
		}
	case p.Type == "AWS":
		out.readAWS(p.Text)
	case p.Type == "Service" && p.Text == "*":
		out.kind = namesAnyService
	case p.Type == "Service":
		out.kind = namesService
	case p.Type == "Federated" && p.Text == "*":
		out.kind = namesAnyProvider
	case p.Type == "Federated":
		out.kind = namesProvider
	case p.Type == "CanonicalUser" && kind == Resource:
		out.kind = namesCanonicalUser
	}
	return out
}

func (p *principalPattern) readAWS(text string) {
	if aws.IsAccountID(text) {
		p.kind, p.account = namesAccount, text
		return
	}
	a, ok := splitARN(text)
	if !ok || a[0] != "arn" || strings.ContainsAny(text, "*?") {
		return
	}
	c := caller{}
	c.readARN(&a)
	p.partition, p.account, p.role = c.partition, c.account, c.role
	switch c.kind {
	case callerAccount:
		p.kind = namesAccount
	case callerRole:
		p.kind = namesRole
	case callerUser:
		p.kind = namesUser
	case callerSession, callerFederatedUser, callerService:
		p.kind = namesARN
	}
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
