package policyjson

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

// Reader reads requests, one after another. It keeps the policies that it parsed, because requests about the same few
// policies come in suites. A Reader is not safe for concurrent use.
type Reader struct {
	dec      *jsontext.Decoder
	policies documents
	// keys is the request's context, emptied for the next.
	keys map[string]policy.ContextValue

	// What follows is the request that is being read.
	text    []byte
	names   []string
	request policy.Request
	set     policy.Set
	unknown []string
	// resource is the text of its resourcePolicy, and resourceAt where that begins.
	resource   []byte
	resourceAt int
}

// NewReader makes a Reader.
func NewReader() *Reader {
	return &Reader{dec: new(jsontext.Decoder), keys: map[string]policy.ContextValue{}}
}

// FieldError is what is wrong at a place in a request's text. Its text names the field, as "identity: policy 0: ...".
type FieldError struct {
	// Offset is the place, in bytes from the start of the request.
	Offset int
	Err    error
}

func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap gives the error without its place. For a policy that was refused, a *policyfile.NotAPolicyError is below it.
func (e *FieldError) Unwrap() error { return e.Err }

// fields are the fields of a request.
var fields = map[string]func(*Reader) error{
	"principal":       func(r *Reader) (err error) { r.request.Principal, err = r.string(); return err },
	"action":          func(r *Reader) (err error) { r.request.Action, err = r.string(); return err },
	"resource":        func(r *Reader) (err error) { r.request.Resource, err = r.string(); return err },
	"resourceAccount": func(r *Reader) (err error) { r.request.ResourceAccount, err = r.string(); return err },
	"federatedBy":     func(r *Reader) (err error) { r.request.FederatedBy, err = r.string(); return err },
	"context":         (*Reader).context,
	"unknown":         (*Reader).unknownKeys,
	"identity":        func(r *Reader) (err error) { r.set.Identity, err = r.parts(policy.Identity, "identity"); return err },
	"resourcePolicy":  func(r *Reader) (err error) { r.resourceAt = r.place(); r.resource, err = r.value(); return err },
	"boundaries": func(r *Reader) (err error) {
		r.set.Boundaries, err = r.parts(policy.Boundary, "boundary")
		return err
	},
	"session":  func(r *Reader) (err error) { r.set.Session, err = r.part(policy.Session, "session"); return err },
	"endpoint": func(r *Reader) (err error) { r.set.Endpoint, err = r.parts(policy.Resource, "endpoint"); return err },
	"scps":     func(r *Reader) (err error) { r.set.SCPs, err = r.levels(policy.SCP, "scp"); return err },
	"rcps":     func(r *Reader) (err error) { r.set.RCPs, err = r.levels(policy.RCP, "rcp"); return err },
}

// Read reads a request with all policies that bear on it, in the form that Request documents. Where the fault has a place,
// the error is a *FieldError. The request's context is good until the next call; the policies stay.
func (r *Reader) Read(text []byte) (policy.Request, policy.Set, error) {
	*r = Reader{dec: r.dec, policies: r.policies, names: r.names[:0], text: text, keys: r.keys}
	clear(r.keys)
	r.request.Context.Keys = r.keys
	if !utf8.Valid(text) {
		return r.request, r.set, errors.New("the request is not in UTF-8")
	}
	// What stands twice in a request is told here; what stands twice in a policy is for the policy's parser to tell. So is
	// an escape that stands for no character.
	r.dec.Reset(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := r.whole(); err != nil {
		return r.request, r.set, err
	}
	if err := r.addUnknown(); err != nil {
		return r.request, r.set, err
	}
	if err := r.request.Validate(); err != nil {
		return r.request, r.set, err
	}
	return r.request, r.set, r.addResource()
}

// whole reads the whole object.
func (r *Reader) whole() error {
	err := r.object("a request", func(name string, at int) error {
		read, ok := fields[name]
		if !ok {
			return &FieldError{at, fmt.Errorf("a request does not have a field %q", name)}
		}
		if slices.Contains(r.names, name) {
			return &FieldError{at, fmt.Errorf("the field %q occurs more than once", name)}
		}
		r.names = append(r.names, name)
		if err := read(r); err != nil {
			return r.in(name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	at := r.place()
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return &FieldError{at, errors.New("more text follows the request")}
	}
	return nil
}

// context reads the context keys.
func (r *Reader) context() error {
	if r.isNull() {
		return nil
	}
	return r.object("the context", func(name string, at int) error {
		key := strings.ToLower(name)
		if _, twice := r.keys[key]; twice {
			return &FieldError{at, fmt.Errorf("the key %q occurs more than once; keys are case insensitive", name)}
		}
		value := policy.ContextValue{Presence: policy.KeyPresent}
		var err error
		if r.dec.PeekKind() != '[' {
			value.Values = make([]string, 1)
			value.Values[0], err = r.scalar()
		} else {
			value.Values, err = list(r, "values", func(int) (string, error) { return r.scalar() })
		}
		r.keys[key] = value
		if err != nil {
			return r.in(fmt.Sprintf("%q", name), err)
		}
		return nil
	})
}

func (r *Reader) unknownKeys() (err error) {
	r.unknown, err = list(r, "keys", func(int) (string, error) { return r.string() })
	return err
}

// addUnknown adds the keys that are not known to the context.
func (r *Reader) addUnknown() error {
	for _, name := range r.unknown {
		key := strings.ToLower(name)
		if r.keys[key].Presence == policy.KeyPresent {
			return fmt.Errorf("the key %q is both in context and in unknown", name)
		}
		r.keys[key] = policy.ContextValue{Presence: policy.KeyUnknown}
	}
	return nil
}

// part reads one policy.
func (r *Reader) part(kind policy.Kind, name string) (*policy.Part, error) {
	at, isNull := r.place(), r.isNull()
	if isNull {
		return nil, nil
	}
	text, err := r.value()
	if err != nil {
		return nil, err
	}
	d, err := r.policies.get(text, kind)
	if err != nil {
		return nil, refusal(at, err)
	}
	return &policy.Part{Name: name, Document: d}, nil
}

// parts reads a list of policies.
func (r *Reader) parts(kind policy.Kind, name string) ([]policy.Part, error) {
	return list(r, "policies", func(i int) (policy.Part, error) {
		at := r.place()
		p, err := r.part(kind, name+"["+strconv.Itoa(i)+"]")
		if err == nil && p == nil {
			err = &FieldError{at, errors.New("the value must be a policy, not null")}
		}
		if err != nil {
			return policy.Part{}, r.in(fmt.Sprintf("policy %d", i), err)
		}
		return *p, nil
	})
}

// levels reads the policies of an organization's levels.
func (r *Reader) levels(kind policy.Kind, name string) ([][]policy.Part, error) {
	return list(r, "levels, each a list of policies", func(i int) ([]policy.Part, error) {
		parts, err := r.parts(kind, name+"["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, r.in(fmt.Sprintf("level %d", i), err)
		}
		return parts, nil
	})
}

// addResource adds the resource's policy, whose kind depends on what is asked.
func (r *Reader) addResource() error {
	if r.resource == nil || string(r.resource) == "null" {
		return nil
	}
	kind := policy.Resource
	if isForRole(&r.request) {
		kind = policy.Trust
	}
	d, err := r.policies.get(r.resource, kind)
	if err == nil && kind == policy.Resource && assumesRole(&r.request) && !slices.ContainsFunc(d.Statements, hasResource) {
		d, err = r.policies.get(r.resource, policy.Trust)
	}
	if err != nil {
		return r.in("resourcePolicy", refusal(r.resourceAt, err))
	}
	r.set.Resource = &policy.Part{Name: "resource", Document: d}
	return nil
}

// isForRole says whether AWS STS is asked for a role, whose policy is its trust policy.
func isForRole(r *policy.Request) bool {
	if !isSTS(r) {
		return false
	}
	arn, ok := aws.ParseARNPattern(r.Resource)
	return ok && arn.Service == "iam" && strings.HasPrefix(arn.Resource, "role/")
}

// assumesRole says whether a role is to be assumed, be it one that is not named.
func assumesRole(r *policy.Request) bool {
	return isSTS(r) && strings.HasPrefix(strings.ToLower(r.Action), "sts:assumerole")
}

func isSTS(r *policy.Request) bool {
	service, _, _ := strings.Cut(r.Action, ":")
	return strings.EqualFold(service, "sts")
}

func hasResource(s policy.Statement) bool { return s.HasResource }

// refusal is the error of a policy that begins at a place. One in the request's own text has its place there; one in a
// text that was encoded has it in its own text.
func refusal(at int, err error) error {
	var refused *policyfile.NotAPolicyError
	if !errors.As(err, &refused) {
		return &FieldError{at, err}
	}
	if !refused.Encoded {
		at += refused.Offset
	}
	return &FieldError{at, placed{refused}}
}

// placed is a refusal whose place in the request is known, so that it only says the place in a text that was encoded.
type placed struct{ refused *policyfile.NotAPolicyError }

func (p placed) Unwrap() error { return p.refused }
func (p placed) Error() string {
	text := p.refused.What
	if p.refused.Path != "" {
		text = p.refused.Path + ": " + text
	}
	if p.refused.Encoded {
		text = fmt.Sprintf("line %d, column %d of the policy's own text: %s", p.refused.Line, p.refused.Column, text)
	}
	return text
}
