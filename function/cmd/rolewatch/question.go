package main

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

	"github.com/rolewatch/rolewatch/function/policy"
)

// questions reads the requests of eval, one after another.
type questions struct {
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
	// resource is the text of its resourcePolicy.
	resource []byte
}

func newQuestions() *questions {
	return &questions{dec: new(jsontext.Decoder), keys: map[string]policy.ContextValue{}}
}

// fault is what is wrong at a place in a request's text.
type fault struct {
	offset int
	cause  error
}

func (f fault) Error() string { return f.cause.Error() }
func (f fault) Unwrap() error { return f.cause }

// questionFields are the fields of a request.
var questionFields = map[string]func(*questions) error{
	"principal":       func(q *questions) (err error) { q.request.Principal, err = q.string(); return err },
	"action":          func(q *questions) (err error) { q.request.Action, err = q.string(); return err },
	"resource":        func(q *questions) (err error) { q.request.Resource, err = q.string(); return err },
	"resourceAccount": func(q *questions) (err error) { q.request.ResourceAccount, err = q.string(); return err },
	"context":         (*questions).context,
	"unknown":         (*questions).unknownKeys,
	"identity":        func(q *questions) (err error) { q.set.Identity, err = q.parts(policy.Identity, "identity"); return err },
	"resourcePolicy":  func(q *questions) (err error) { q.resource, err = q.value(); return err },
	"boundaries": func(q *questions) (err error) {
		q.set.Boundaries, err = q.parts(policy.Boundary, "boundary")
		return err
	},
	"session":  func(q *questions) (err error) { q.set.Session, err = q.part(policy.Session, "session"); return err },
	"endpoint": func(q *questions) (err error) { q.set.Endpoint, err = q.parts(policy.Resource, "endpoint"); return err },
	"scps":     func(q *questions) (err error) { q.set.SCPs, err = q.levels(policy.SCP, "scp"); return err },
	"rcps":     func(q *questions) (err error) { q.set.RCPs, err = q.levels(policy.RCP, "rcp"); return err },
}

// read reads a request with all policies that bear on it. An error may be a fault. What it gives is good until the next
// call.
func (q *questions) read(text []byte) (policy.Request, policy.Set, error) {
	*q = questions{dec: q.dec, policies: q.policies, names: q.names[:0], text: text, keys: q.keys}
	clear(q.keys)
	q.request.Context.Keys = q.keys
	if !utf8.Valid(text) {
		return q.request, q.set, errors.New("the request is not in UTF-8")
	}
	// What stands twice in a request is told here; what stands twice in a policy is for the policy's parser to tell. So is
	// an escape that stands for no character.
	q.dec.Reset(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := q.fields(); err != nil {
		return q.request, q.set, err
	}
	if err := q.addUnknown(); err != nil {
		return q.request, q.set, err
	}
	if err := q.request.Validate(); err != nil {
		return q.request, q.set, err
	}
	return q.request, q.set, q.addResource()
}

// fields reads the whole object.
func (q *questions) fields() error {
	err := q.object("a request", func(name string, at int) error {
		read, ok := questionFields[name]
		if !ok {
			return fault{at, fmt.Errorf("a request has no field %q", name)}
		}
		if slices.Contains(q.names, name) {
			return fault{at, fmt.Errorf("the field %q stands twice", name)}
		}
		q.names = append(q.names, name)
		if err := read(q); err != nil {
			return q.in(name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	at := q.place()
	if _, err := q.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return fault{at, errors.New("more text follows the request")}
	}
	return nil
}

// context reads the context keys.
func (q *questions) context() error {
	if q.isNull() {
		return nil
	}
	return q.object("the context", func(name string, at int) error {
		key := strings.ToLower(name)
		if _, twice := q.keys[key]; twice {
			return fault{at, fmt.Errorf("the key %q stands twice; the case of keys does not count", name)}
		}
		value := policy.ContextValue{Presence: policy.KeyPresent}
		var err error
		if q.dec.PeekKind() != '[' {
			value.Values = make([]string, 1)
			value.Values[0], err = q.scalar()
		} else {
			value.Values, err = list(q, "values", func(int) (string, error) { return q.scalar() })
		}
		q.keys[key] = value
		if err != nil {
			return q.in(fmt.Sprintf("%q", name), err)
		}
		return nil
	})
}

func (q *questions) unknownKeys() (err error) {
	q.unknown, err = list(q, "keys", func(int) (string, error) { return q.string() })
	return err
}

// addUnknown adds the keys that are not known to the context.
func (q *questions) addUnknown() error {
	for _, name := range q.unknown {
		key := strings.ToLower(name)
		if q.keys[key].Presence == policy.KeyPresent {
			return fmt.Errorf("the key %q is in context, and in unknown", name)
		}
		q.keys[key] = policy.ContextValue{Presence: policy.KeyUnknown}
	}
	return nil
}

// part reads one policy.
func (q *questions) part(kind policy.Kind, name string) (*policy.Part, error) {
	at, isNull := q.place(), q.isNull()
	if isNull {
		return nil, nil
	}
	text, err := q.value()
	if err != nil {
		return nil, err
	}
	d, err := q.policies.get(text, kind)
	if err != nil {
		return nil, fault{at, err}
	}
	return &policy.Part{Name: name, Document: d}, nil
}

// parts reads a list of policies.
func (q *questions) parts(kind policy.Kind, name string) ([]policy.Part, error) {
	return list(q, "policies", func(i int) (policy.Part, error) {
		at := q.place()
		p, err := q.part(kind, name+"["+strconv.Itoa(i)+"]")
		if err == nil && p == nil {
			err = fault{at, errors.New("want a policy, not null")}
		}
		if err != nil {
			return policy.Part{}, q.in(fmt.Sprintf("policy %d", i), err)
		}
		return *p, nil
	})
}

// levels reads the policies of an organization's levels.
func (q *questions) levels(kind policy.Kind, name string) ([][]policy.Part, error) {
	return list(q, "levels, each a list of policies", func(i int) ([]policy.Part, error) {
		parts, err := q.parts(kind, name+"["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, q.in(fmt.Sprintf("level %d", i), err)
		}
		return parts, nil
	})
}

// addResource adds the resource's policy, whose kind hangs on what is asked.
func (q *questions) addResource() error {
	if q.resource == nil || string(q.resource) == "null" {
		return nil
	}
	d, err := q.policies.get(q.resource, policy.Resource)
	if err == nil && isTrust(&q.request, d) {
		d, err = q.policies.get(q.resource, policy.Trust)
	}
	if err != nil {
		return fmt.Errorf("resourcePolicy: %w", err)
	}
	q.set.Resource = &policy.Part{Name: "resource", Document: d}
	return nil
}

// isTrust says whether a resource's policy is a role's trust policy: that of the role that the request is for, or one
// without Resource where a role is to be assumed.
func isTrust(r *policy.Request, d *policy.Document) bool {
	service, action, _ := strings.Cut(strings.ToLower(r.Action), ":")
	if service != "sts" {
		return false
	}
	arn := strings.SplitN(r.Resource, ":", 6)
	if len(arn) == 6 && arn[2] == "iam" && strings.HasPrefix(arn[5], "role/") {
		return true
	}
	hasResource := func(s policy.Statement) bool { return s.HasResource }
	return strings.HasPrefix(action, "assumerole") && !slices.ContainsFunc(d.Statements, hasResource)
}
