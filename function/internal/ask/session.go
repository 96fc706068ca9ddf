package ask

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Caller is what is known of those who ask: the code of functions that run under a role.
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
	Explain func(policy.Verdict) []string
}

// Session is a session of a role, as the function's own code has it. It is not safe for concurrent use.
type Session struct {
	Caller
	arn    string
	budget *Budget
	known  map[string]policy.ContextValue
	absent []string
	// probers are made when they are first asked: for each set one, and one with the resource's policy that leaves it to the
	// account, for services whose resources need one.
	probers map[bool][]*policy.Prober
	// actions are by the first statement of the prober's list, regional says of statements whether they apply in some Regions only.
	actions  map[*policy.StatementRef]*actionFacts
	regional map[*policy.Statement]bool
	regions  []string
	// tagsItself is set once it was asked whether the role may tag itself.
	tagsItself *bool
	name       string
	arns       map[place]string
}

// NewSession makes a session. All its work is taken out of the budget.
func NewSession(c Caller, budget *Budget) *Session {
	s := &Session{
		Caller: c, arn: c.sessionARN(), budget: budget,
		probers: map[bool][]*policy.Prober{}, actions: map[*policy.StatementRef]*actionFacts{}, regional: map[*policy.Statement]bool{}, arns: map[place]string{},
	}
	s.known, s.absent = s.knownKeys()
	s.regions = s.allRegions()
	s.name = s.unnamedName()
	return s
}

// Spend takes work that is not a question's own out of the budget of evaluations. Where that does not suffice it reports false, and
// whoever asks leaves out what the work was for: the budget says that something was.
func (s *Session) Spend(steps int) bool {
	if s.budget.evaluations.Spend(steps) {
		return true
	}
	s.budget.Exceed()
	return false
}

// sessionARN is the ARN of a session of the role.
func (c *Caller) sessionARN() string {
	return aws.SessionARN(c.Role.Ref.Partition, c.Role.Ref.Account, c.Role.Ref.Name, "rolewatch").String()
}

// ARN is the session's own.
func (s *Session) ARN() string { return s.arn }

// needsResourcePolicy are the services whose resources' own policies must allow what their account's policies allow (rule 50).
func needsResourcePolicy(service string) bool { return service == "kms" || service == "sts" }

// probersOf are the probers for a service: with the whole set, and then with what stands in for it.
func (s *Session) probersOf(service string) []*policy.Prober {
	delegated := needsResourcePolicy(service)
	if list, ok := s.probers[delegated]; ok {
		return list
	}
	sets := []policy.Set{s.Set}
	if s.Instead != nil {
		sets = append(sets, *s.Instead)
	}
	var list []*policy.Prober
	for _, set := range sets {
		if doc := LeftTo(s.Role.Ref.Account); delegated && doc != nil {
			set.Resource = &policy.Part{Name: delegation, Document: doc}
		}
		if p, err := policy.NewProber(set, s.budget.search, s.budget.evaluations); err == nil {
			list = append(list, p)
		}
	}
	s.probers[delegated] = list
	return list
}

// knownKeys are the keys that every call by the function's own code carries, and the beginnings of those that none carries. It calls
// directly and not through a service, with credentials that are renewed all the time:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (c *Caller) knownKeys() (map[string]policy.ContextValue, []string) {
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
	}
	return keys, missing
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

// Context is what is known of a request of the session, whatever it calls.
func (s *Session) Context() policy.Context {
	return policy.Context{RestUnknown: true, Keys: maps.Clone(s.known), AbsentPrefixes: s.absent}
}

// requestedRegion is where a request for a service goes.
func (s *Session) requestedRegion(service, region string) string {
	if aws.IsGlobalService(service) || region == "" {
		return s.globalRegion()
	}
	return region
}

// globalRegion is where the partition's services are that have one endpoint for all Regions.
func (s *Session) globalRegion() string { return aws.PartitionNamed(s.Role.Ref.Partition).GlobalRegion }

// Grants reports whether a policy could allow an action on something: without a statement that covers it, or a policy that was
// not read, there is nothing to ask.
func (s *Session) Grants(action string) bool {
	list := s.probersOf(actions.ServiceOf(action))
	return len(list) == 0 || list[0].Granting(action) || s.isUnread()
}

// isUnread reports whether some identity policy is not known.
func (s *Session) isUnread() bool {
	return slices.Contains(s.Set.Unread, policy.Identity.String()) ||
		slices.ContainsFunc(s.Set.Identity, func(p policy.Part) bool { return p.Document == nil })
}

// With adds keys, in lower case, to a context.
func With(c policy.Context, keys map[string]policy.ContextValue) policy.Context {
	c.Keys = maps.Clone(c.Keys)
	if c.Keys == nil {
		c.Keys = map[string]policy.ContextValue{}
	}
	maps.Copy(c.Keys, keys)
	return c
}
