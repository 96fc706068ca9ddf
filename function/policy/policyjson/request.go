package policyjson

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Request is a request as JSON, with all policies that bear on it:
//
//	{"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/q1.csv",
//	 "resourceAccount": "111122223333", "context": {"aws:SourceIp": "192.0.2.1"}, "unknown": ["aws:SourceVpc"],
//	 "identity": [POLICY...], "resourcePolicy": POLICY, "boundaries": [POLICY...], "session": POLICY, "endpoint": [POLICY...],
//	 "scps": [[POLICY...]...], "rcps": [[POLICY...]...]}
//
// federatedBy is the ARN of the IAM user behind a federated user's session. A field that is absent, null or empty means that
// there is none; principal, action and resource are needed. An unknown
// field, and one that stands twice, is an error. Names of fields are case-sensitive, and those of condition keys are not.
// A value in context is a string, a number, a boolean or a list of these; numbers and booleans are taken as they are
// spelled. A key that is neither in context nor in unknown is absent. A POLICY is whatever policyfile.Parse takes: a JSON
// object, its text in a string, or the output of an AWS CLI command around one. What resourcePolicy is used as depends on
// the request: a trust policy where AWS STS is asked for a role, and otherwise a resource policy. scps and rcps hold a list
// for each level, from the root to the account.
//
// The Reader names the policies "identity[0]", "resource", "boundary[0]", "session", "endpoint[0]", "scp[0][0]" (the level
// first) and "rcp[0][0]".
type Request struct {
	Principal       string             `json:"principal"`
	Action          string             `json:"action"`
	Resource        string             `json:"resource"`
	ResourceAccount string             `json:"resourceAccount,omitempty"`
	FederatedBy     string             `json:"federatedBy,omitempty"`
	Context         Context            `json:"context,omitempty"`
	Unknown         []string           `json:"unknown,omitempty"`
	Identity        []jsontext.Value   `json:"identity,omitempty"`
	ResourcePolicy  jsontext.Value     `json:"resourcePolicy,omitempty"`
	Boundaries      []jsontext.Value   `json:"boundaries,omitempty"`
	Session         jsontext.Value     `json:"session,omitempty"`
	Endpoint        []jsontext.Value   `json:"endpoint,omitempty"`
	SCPs            [][]jsontext.Value `json:"scps,omitempty"`
	RCPs            [][]jsontext.Value `json:"rcps,omitempty"`
}

// Context are the condition keys of a request with their values. It is written in the order of the keys.
type Context map[string][]string

// MarshalJSONTo writes the keys in alphabetic order.
func (c Context) MarshalJSONTo(e *jsontext.Encoder) error {
	return json.MarshalEncode(e, map[string][]string(c), json.Deterministic(true))
}

// NewRequest makes the JSON form of a request and its policies. Condition keys are spelled as AWS documents them, and a
// policy is written as an object, or as text in a string where its JSON is faulty, such as an object that names a member
// twice. The names of policies are not written.
//
// A Reader gives the same request and the same policies, white space and needless escapes in them apart. What the form cannot say is an error: a
// key that is known in part (KeyOneOf, KeyPrefixed, KeyQualified), a context with RestUnknown or AbsentPrefixes, and a
// policy that was not read.
func NewRequest(r policy.Request, set policy.Set) (Request, error) {
	out := Request{Principal: r.Principal, Action: r.Action, Resource: r.Resource, ResourceAccount: r.ResourceAccount, FederatedBy: r.FederatedBy}
	if err := out.setContext(r.Context); err != nil {
		return Request{}, fmt.Errorf("write request: %w", err)
	}
	if len(set.Unread) > 0 {
		return Request{}, fmt.Errorf("write request: policies were not read: %q", set.Unread)
	}
	var w writer
	out.Identity, out.Boundaries, out.Endpoint = w.list(set.Identity), w.list(set.Boundaries), w.list(set.Endpoint)
	out.SCPs, out.RCPs = w.levels(set.SCPs), w.levels(set.RCPs)
	out.ResourcePolicy, out.Session = w.one(set.Resource), w.one(set.Session)
	if w.err != nil {
		return Request{}, fmt.Errorf("write request: %w", w.err)
	}
	return out, nil
}

// setContext writes the context's keys.
func (r *Request) setContext(c policy.Context) error {
	if c.RestUnknown || len(c.AbsentPrefixes) > 0 {
		return errors.New("the context marks keys that are not listed as unknown, which has no JSON form")
	}
	for _, key := range slices.Sorted(maps.Keys(c.Keys)) {
		name, v := actions.Spelling(key), c.Keys[key]
		switch v.Presence {
		case policy.KeyAbsent:
		case policy.KeyUnknown:
			r.Unknown = append(r.Unknown, name)
		case policy.KeyPresent:
			if r.Context == nil {
				r.Context = Context{}
			}
			r.Context[name] = v.Values
		default:
			return fmt.Errorf("the key %q is partly known, which has no JSON form", name)
		}
	}
	return nil
}

// writer writes policies; err is the first fault.
type writer struct{ err error }

func (w *writer) policy(p policy.Part) jsontext.Value {
	if p.Document == nil {
		w.err = errors.Join(w.err, fmt.Errorf("the policy %q was not read", p.Name))
		return nil
	}
	return policyValue(p.Document)
}

func (w *writer) one(p *policy.Part) jsontext.Value {
	if p == nil {
		return nil
	}
	return w.policy(*p)
}

func (w *writer) list(parts []policy.Part) []jsontext.Value {
	var out []jsontext.Value
	for _, p := range parts {
		out = append(out, w.policy(p))
	}
	return out
}

func (w *writer) levels(levels [][]policy.Part) [][]jsontext.Value {
	var out [][]jsontext.Value
	for _, level := range levels {
		out = append(out, w.list(level))
	}
	return out
}

// policyValue writes a document as an object, or as text where the object is none that every reader takes.
func policyValue(d *policy.Document) jsontext.Value {
	source := jsontext.Value(d.Source())
	if source.IsValid() {
		return source
	}
	text, err := jsontext.AppendQuote(nil, string(source))
	if err != nil { // policy.Parse takes UTF-8 alone
		return nil
	}
	return text
}
