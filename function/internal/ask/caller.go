package ask

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Caller is what is known of those who ask: the code of functions that run under a role. Those who ask as one caller share what was
// worked out for it. It is not safe for concurrent use.
type Caller struct {
	Role *role.Snapshot
	// Set are all policies that bear on it.
	Set policy.Set
	// Instead, where it is not nil, is the set without policies whose texts were not read and that are taken to deny nothing:
	// what is allowed without them is allowed with them.
	Instead *policy.Set
	// Now is the time of the requests, Organization the ID of the role's organization, empty where it is not known.
	Now          time.Time
	Organization string
	// Explain says in words what an unknown verdict depends on.
	Explain func(policy.Verdict) []role.Gap
	// Budget is what all work for the caller is taken out of.
	Budget *Budget

	// known are the keys of knownKeys, and missing the beginnings of those that no call carries, once they were asked for.
	known   map[string]policy.ContextValue
	missing []string
	// probers are made when they are first asked.
	probers map[resourcePolicy][]*policy.Prober
	// plain are the probers for most services; nil before somebody asks. unread is set where some identity policy is not known.
	plain []*policy.Prober
	// rcpsDeny is set where an RCP of the account denies something.
	rcpsDeny bool
	unread   bool
}

// prepare makes what everybody asks who asks.
func (c *Caller) prepare() {
	if c.plain != nil {
		return
	}
	c.plain, c.rcpsDeny = c.probersFor(resourcePolicy{}, c.Role.RCPs), denySomething(c.Role.RCPs.Or(nil))
	c.unread = slices.Contains(c.Set.Unread, policy.Identity.String()) ||
		slices.ContainsFunc(c.Set.Identity, func(p policy.Part) bool { return p.Document == nil })
}

// sessionARN is the ARN that makes the requests: of a session of the role, or of the user.
func (c *Caller) sessionARN() string {
	if c.isUser() {
		return c.Role.ARN()
	}
	return aws.SessionARN(c.Role.Ref.Partition, c.Role.Ref.Account, c.Role.Ref.Name, "rolewatch").String()
}

// needsResourcePolicy are the services whose resources' own policies must allow what their account's policies allow (rule 50).
func needsResourcePolicy(service string) bool { return service == "kms" || service == "sts" }

// Grants reports whether a policy could allow an action on something, or denies one that the resource's own policy has to allow:
// without a statement that covers it, or a policy that was not read, there is nothing to ask.
func (c *Caller) Grants(action string) bool {
	if len(c.plain) == 0 || c.unread || c.plain[0].Granting(action) {
		return true
	}
	return c.plain[0].Denies() && needsResourcePolicy(actions.ServiceOf(action)) &&
		slices.ContainsFunc(c.plain[0].Covering(action), func(ref policy.StatementRef) bool { return ref.Effect == policy.Deny })
}

// Known is an action that is asked for of every role.
type Known struct {
	Name           string
	glance         policy.Glance
	resourcePolicy bool
}

// KnownAction gives an action in the form in which it is asked for again and again.
func KnownAction(name string) Known {
	return Known{Name: name, glance: policy.GlanceOf(name), resourcePolicy: needsResourcePolicy(actions.ServiceOf(name))}
}

// KnownActions gives several.
func KnownActions(names []string) []Known {
	out := make([]Known, len(names))
	for i, name := range names {
		out[i] = KnownAction(name)
	}
	return out
}

// MayGrant reports whether Grants may be true of an action, as far as it is seen at once. Of most it is not.
func (c *Caller) MayGrant(action *Known) bool {
	return len(c.plain) == 0 || c.unread || c.plain[0].MayGrant(action.glance) || action.resourcePolicy && c.plain[0].Denies()
}

// GrantsKnown is Grants.
func (c *Caller) GrantsKnown(action *Known) bool { return c.MayGrant(action) && c.Grants(action.Name) }

// resourcePolicy is what is known or assumed of the policy of the resource: it is the document, leaves everything to an account, or was
// not read.
type resourcePolicy struct {
	account  string
	document *policy.Document
	unread   bool
	// elsewhere is the ID of the account of the resource, where it is another one than the caller's.
	elsewhere string
	// limited is set where the RCPs of the account apply to the resource.
	limited bool
}

// probersFor are the probers of the policies with what is assumed of the resource's and the RCPs of its account, and then of what stands in
// for them.
func (c *Caller) probersFor(at resourcePolicy, rcps role.Maybe[[][]policy.Part]) []*policy.Prober {
	if at == (resourcePolicy{}) && c.plain != nil {
		return c.plain
	}
	if list, ok := c.probers[at]; ok {
		return list
	}
	sets := []policy.Set{c.Set}
	if c.Instead != nil {
		sets = append(sets, *c.Instead)
	}
	var list []*policy.Prober
	for _, set := range sets {
		if at.unread {
			set.Unread = append(slices.Clone(set.Unread), policy.Resource.String())
		}
		// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
		if at.account != "" {
			if doc := LeftTo(at.account); doc != nil {
				set.Resource = &policy.Part{Name: delegation, Document: doc}
			}
		}
		if at.document != nil {
			set.Resource = &policy.Part{Name: role.PartTrust.String(), Document: at.document}
		}
		if at.document != nil || at.limited {
			set.RCPs = rcps.Or(nil)
		}
		if p, err := policy.NewProber(set, c.Budget.search, c.Budget.evaluations); err == nil {
			list = append(list, p)
		}
	}
	if c.probers == nil {
		c.probers = map[resourcePolicy][]*policy.Prober{}
	}
	c.probers[at] = list
	return list
}

// isLimited reports whether RCPs deny something of a service in the caller's account. RCPs that were not read are assumed to deny nothing.
func (c *Caller) isLimited(service string) bool { return c.rcpsDeny && aws.SupportsRCPs(service) }

func denySomething(levels [][]policy.Part) bool {
	return slices.ContainsFunc(levels, func(level []policy.Part) bool {
		return slices.ContainsFunc(level, func(p policy.Part) bool { return p.Document != nil && p.Document.Denies() })
	})
}

// knownKeys are the keys that every call by the function's own code carries, and the beginnings of those that none carries. It calls
// directly and not through a service, with credentials that are renewed all the time:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (c *Caller) knownKeys() (map[string]policy.ContextValue, []string) {
	if c.known != nil {
		return c.known, c.missing
	}
	r, now := c.Role, c.Now.UTC()
	account := Value(r.Ref.Account)
	keys := map[string]policy.ContextValue{
		"aws:principalarn": Value(r.ARN()), "aws:principalaccount": account, "aws:principaltype": Value("AssumedRole"),
		"aws:principalisawsservice": Value("false"), "aws:username": absent,
		"aws:viaawsservice": Value("false"), "aws:securetransport": Value("true"), "aws:multifactorauthpresent": Value("false"),
		"aws:resourceaccount": account, "s3:resourceaccount": account, "kms:calleraccount": account, "kms:grantisforawsresource": Value("false"),
		"events:creatoraccount": account,
	}
	if !c.Now.IsZero() {
		keys["aws:currenttime"], keys["aws:tokenissuetime"] = Value(now.Format(time.RFC3339)), Value(now.Format(time.RFC3339))
		keys["aws:epochtime"] = Value(strconv.FormatInt(now.Unix(), 10))
	}
	if c.Organization != "" {
		keys["aws:principalorgid"], keys["aws:resourceorgid"] = Value(c.Organization), Value(c.Organization)
	}
	if functions := c.functions(); len(functions) > 0 && r.Users.Complete {
		keys["lambda:sourcefunctionarn"] = policy.ContextValue{Presence: policy.KeyOneOf, Values: functions}
		if len(functions) == 1 {
			keys["lambda:sourcefunctionarn"] = Value(functions[0])
		}
	}
	missing := slices.Clone(neverThere)
	if tags, ok := r.Tags.Get(); ok {
		missing = append(missing, principalTag)
		for key, value := range tags {
			keys[principalTag+strings.ToLower(key)] = Value(value)
		}
	}
	if id, ok := r.Identity.Get(); ok && id.ID != "" {
		keys["aws:userid"] = policy.ContextValue{Presence: policy.KeyPrefixed, Values: []string{id.ID + ":"}}
		if c.isUser() {
			keys["aws:userid"] = Value(id.ID)
		}
	}
	if c.isUser() {
		keys["aws:principaltype"], keys["aws:username"] = Value(userType), Value(r.Ref.Name)
		keys["aws:multifactorauthpresent"], keys["aws:tokenissuetime"] = unknown, unknown
		delete(keys, "lambda:sourcefunctionarn")
	}
	c.known, c.missing = keys, missing
	return keys, missing
}

// isUser reports whether the caller is an IAM user: whoever has an access key or the password of one. Whether that person has a device for
// multi-factor authentication is not known.
func (c *Caller) isUser() bool {
	arn, err := aws.ParseARN(c.Role.ARN())
	return err == nil && arn.Service == "iam" && strings.HasPrefix(arn.Resource, "user/")
}

// functions are the ARNs of the functions that use the role, each once.
func (c *Caller) functions() []string {
	var list []string
	for _, f := range c.Role.Users.List {
		list = append(list, f.ARN)
	}
	return distinct(list)
}

// Value is a condition key's one value.
func Value(text string) policy.ContextValue {
	return policy.ContextValue{Presence: policy.KeyPresent, Values: []string{text}}
}

// absent is a key that the request does not carry, unknown one of which nothing is known.
var (
	absent  = policy.ContextValue{Presence: policy.KeyAbsent}
	unknown = policy.ContextValue{Presence: policy.KeyUnknown}
)
