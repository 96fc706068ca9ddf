// Package interpreter is a second reading of the policy language, for tests alone. It answers one fully concrete request by the
// texts of the policies: every context key is present with its values or absent, and every policy is known.
//
// It imports nothing of this module, shares no code with package policy, and prefers what is short and slow to what is fast, so
// that a fault of the one is not also a fault of the other. Its sources are the IAM User Guide's "Policy evaluation logic" and "IAM
// JSON policy reference", and the observations about them that package policy documents.
package interpreter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUndefined is the error of a request whose answer AWS's documentation does not define, or defines differently by service.
var ErrUndefined = errors.New("not defined by the policy language")

// Request is one concrete request.
type Request struct {
	// Principal is an ARN, an account ID (its root user), a service principal, an identity provider, or "*" for an anonymous caller.
	Principal string
	// FederatedBy is the ARN of the IAM user whose GetFederationToken made the session that Principal is.
	FederatedBy string
	// Action is "service:Name", and Resource an ARN, or "*" where the action has no resource.
	Action, Resource string
	// ResourceAccount owns a resource whose ARN names no account. Empty is the caller's account.
	ResourceAccount string
	// Keys holds the values of the context keys that are present, by name. The case of a name does not count.
	Keys map[string][]string
}

// Policies are the texts of the policies that apply to a request. An empty text is no policy.
type Policies struct {
	Identity   []string
	Boundaries []string
	// Session is the session policy.
	Session string
	// Resource is the policy of the resource: a trust policy for a role, a key policy for a KMS key.
	Resource string
	// Endpoint are the policies of the VPC endpoints that the request passes.
	Endpoint []string
	// SCPs and RCPs are the policies at each level from the organization's root to the account. No level is no organization.
	SCPs, RCPs [][]string
	// RCPServices are the services that RCPs apply to, by the prefix of their actions in lower case.
	RCPServices []string
}

// Interpreter answers requests by policies that are read once.
type Interpreter struct{ policies documents }

// New reads policies. It fails for a text that is not a policy.
func New(policies Policies) (*Interpreter, error) {
	texts, err := read(policies)
	if err != nil {
		return nil, err
	}
	return &Interpreter{texts}, nil
}

// Allowed reports whether AWS allows the request. The error wraps ErrUndefined.
func (i *Interpreter) Allowed(req Request) (bool, error) {
	ask := func(serviceLinked bool) (bool, error) {
		q := &question{Request: req, policies: i.policies, caller: callerOf(req), keys: map[string][]string{}, serviceLinked: serviceLinked}
		for name, values := range req.Keys {
			q.keys[strings.ToLower(name)] = values
		}
		allowed := q.allowed()
		return allowed, q.undefined
	}
	linked, known := serviceLinked(req)
	allowed, err := ask(linked)
	if known || err != nil {
		return allowed, err
	}
	if other, err := ask(!linked); err != nil || other != allowed {
		return false, errors.Join(err, fmt.Errorf("%w: whether the session is a service-linked role's", ErrUndefined))
	}
	return allowed, nil
}

// documents are the policies, read.
type documents struct {
	identity, boundaries, endpoint []document
	session, resource              *document
	scps, rcps                     [][]document
	rcpServices                    []string
}

// question is a request with what is known of it.
type question struct {
	Request
	policies      documents
	caller        caller
	keys          map[string][]string // by name in lower case
	serviceLinked bool
	undefined     error
}

// cannotTell notes that the language does not define a part of the answer.
func (q *question) cannotTell(format string, args ...any) {
	if q.undefined == nil {
		q.undefined = fmt.Errorf("%w: %s", ErrUndefined, fmt.Sprintf(format, args...))
	}
}

// allowed follows "Policy evaluation logic": whatever denies first, then each kind of policy that limits, then what grants.
func (q *question) allowed() bool {
	if strings.EqualFold(q.Action, "sts:GetCallerIdentity") {
		return true
	}
	if protected(q.Action, q.Resource) {
		return false
	}
	return !q.denied() && q.passesOrganization() && q.passesEndpoints() && q.granted()
}

// denied reports whether any policy that applies denies.
func (q *question) denied() bool {
	var all []bool
	if q.caller.hasPolicies() {
		all = append(all, q.any("Deny", attached, q.policies.identity...), q.any("Deny", attached, q.policies.boundaries...))
	}
	if q.policies.session != nil && q.caller.account != "" {
		all = append(all, q.any("Deny", attached, *q.policies.session))
	}
	if q.policies.resource != nil {
		all = append(all, q.any("Deny", q.resourceForm(), *q.policies.resource))
	}
	all = append(all, q.any("Deny", endpoint, q.policies.endpoint...))
	if q.scpsBind() {
		for _, level := range q.policies.scps {
			all = append(all, q.any("Deny", attached, level...))
		}
	}
	if q.rcpsBind() {
		for _, level := range q.policies.rcps {
			all = append(all, q.any("Deny", ofResource, level...))
		}
	}
	return slices.Contains(all, true)
}

// scpsBind: SCPs bind the principals of accounts, the root user among them, but no service-linked role.
func (q *question) scpsBind() bool { return q.caller.account != "" && !q.serviceLinked }

// rcpsBind: RCPs bind every caller but service-linked roles, on the resources of some services. A service-linked role is not such
// a resource.
func (q *question) rcpsBind() bool {
	service, _, _ := strings.Cut(strings.ToLower(q.Action), ":")
	return !q.serviceLinked && slices.Contains(q.policies.rcpServices, service) && !strings.Contains(q.Resource, ":role/aws-service-role/")
}

func (q *question) passesOrganization() bool {
	if !q.scpsBind() {
		return true
	}
	for _, level := range q.policies.scps {
		if !q.any("Allow", attached, level...) {
			return false
		}
	}
	return true
}

func (q *question) passesEndpoints() bool {
	for _, d := range q.policies.endpoint {
		if !q.any("Allow", endpoint, d) {
			return false
		}
	}
	return true
}

// granted combines what the caller's own policies and the resource's policy allow.
func (q *question) granted() bool {
	direct, indirect, delegated := q.resourceGrants()
	if q.caller.account == "" {
		return direct
	}
	own := q.ownGrants()
	limits := q.passesLimits()
	sameAccount := q.resourceAccount() == q.caller.account
	switch {
	case !sameAccount && q.caller.kind == rootUser:
		return (direct || indirect || delegated) && limits
	case !sameAccount:
		// A direct grant does not pass a boundary by across accounts.
		return own && limits && (direct || indirect || delegated)
	case direct:
		return true
	case q.caller.kind == rootUser && delegated && !limits:
		q.cannotTell("whether a policy that names the account reaches a session of its root user past the session policy")
		return false
	case indirect:
		return limits
	case q.mustBeNamed():
		return own && delegated && limits
	}
	return own && limits
}

// ownGrants: identity policies cannot be attached to a root user, whom everything in the account is open to.
func (q *question) ownGrants() bool {
	if q.caller.kind == rootUser {
		return true
	}
	return q.any("Allow", attached, q.policies.identity...)
}

// passesLimits asks boundaries and the session policy. The session of a federated user has no permissions without one.
func (q *question) passesLimits() bool {
	if q.caller.hasPolicies() {
		for _, d := range q.policies.boundaries {
			if !q.any("Allow", attached, d) {
				return false
			}
		}
	}
	if q.policies.session != nil {
		return q.any("Allow", attached, *q.policies.session)
	}
	return q.caller.kind != federatedUser
}

// resourceGrants says how the resource's policy allows: to the caller directly, to the role or user behind the session, or to the
// account, which leaves it to the account's own policies.
func (q *question) resourceGrants() (direct, indirect, delegated bool) {
	d := q.policies.resource
	if d == nil {
		return false, false, false
	}
	for _, s := range d.statements {
		if s.effect != "Allow" || s.notPrincipal != nil || !q.reaches(*d, s, q.resourceForm()) {
			continue
		}
		switch q.names(s.principal) {
		case byItself:
			direct = true
		case byOrigin:
			indirect = true
		case byAccount:
			delegated = true
		}
	}
	return direct, indirect, delegated
}

// mustBeNamed: a trust policy and a key policy must allow whatever an identity policy says.
func (q *question) mustBeNamed() bool {
	service, _, _ := strings.Cut(strings.ToLower(q.Action), ":")
	part := resourcePart(q.Resource)
	return service == "sts" && strings.HasPrefix(part, "role/") || service == "kms" && strings.HasPrefix(part, "key/")
}

func (q *question) resourceAccount() string {
	if segments := strings.SplitN(q.Resource, ":", 6); len(segments) == 6 && isAccountID(segments[4]) {
		return segments[4]
	}
	if q.ResourceAccount != "" {
		return q.ResourceAccount
	}
	return q.caller.account
}

// resourceForm is how the resource's policy is read: trust policies have no Resource.
func (q *question) resourceForm() form {
	if strings.HasPrefix(strings.ToLower(q.Action), "sts:") {
		return trust
	}
	return ofResource
}

// protected are the requests that AWS refuses whatever policies allow.
func protected(action, resource string) bool {
	action, part := strings.ToLower(action), resourcePart(resource)
	service, name, _ := strings.Cut(action, ":")
	write := name == "passrole" || !slices.ContainsFunc([]string{"get", "list", "generate", "simulate"}, func(verb string) bool { return strings.HasPrefix(name, verb) })
	switch service {
	case "iam":
		return write && (strings.HasPrefix(part, "role/aws-reserved/") || strings.Contains(resource, ":iam::aws:policy/"))
	case "kms":
		return slices.Contains([]string{"createalias", "updatealias", "deletealias"}, name) && strings.HasPrefix(part, "alias/aws/")
	}
	return false
}

// resourcePart is the last part of an ARN.
func resourcePart(arn string) string {
	segments := strings.SplitN(arn, ":", 6)
	return segments[len(segments)-1]
}
