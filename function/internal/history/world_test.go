package history_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// world is an account before the samples, of which everything is known: rich has all that they name, configured otherwise than they
// leave it, and the other has nothing of it but a role that holds the managed policy.
type world struct{ rich bool }

func (w world) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	s := role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.Key(), ID: "AROABEFORE"}), Trust: role.Have(role.Policy{Part: role.PartTrust, Text: role.Have(readLogs)}),
		Inline: role.Have([]role.Policy(nil)), Attached: role.Have([]role.Policy(nil)), Boundary: role.None[role.Policy](), Tags: role.Have(map[string]string{"stage": "x"}),
	}
	switch {
	case ref.Name == "holder":
		s.Attached = role.Have([]role.Policy{w.ManagedPolicy(pricesRead, "")})
	case !w.rich:
		return role.Snapshot{Ref: ref, Identity: role.None[role.Identity]()}, nil
	default:
		s.Inline = role.Have([]role.Policy{{Part: role.InlinePart("queue"), Text: role.Have(readLogs)}})
		s.Attached = role.Have([]role.Policy{w.ManagedPolicy(pricesRead, "")})
		s.Boundary = role.Have(role.Policy{Part: role.PartBoundary, ARN: pricesRead, Text: role.Have(readLogs)})
	}
	return s, nil
}

// ManagedPolicy has two versions, the default one and that of the sample of SetDefaultPolicyVersion.
func (world) ManagedPolicy(arn, version string) role.Policy {
	p := role.Policy{Part: role.ManagedPart(arn), ARN: arn, Version: "v0", Text: role.Have(readLogs)}
	if p.Version = cmp.Or(version, "v0"); version == "v1" {
		p.Text = role.Have(writeLogs)
	} else if version != "" {
		p.Text = role.NotRead[string](role.Because("there was no such version"))
	}
	return p
}

func (w world) PolicyRoles(context.Context, string) ([]role.Ref, error) {
	return base{}.refs("holder"), nil
}

func (w world) Function(_ context.Context, arn string) ([]role.Function, error) {
	if !w.rich && arn != anotherOne {
		return nil, nil
	}
	version := func(name string, aliases ...string) role.Function {
		f := role.Function{ARN: arn, Version: name, Role: "arn:aws:iam::" + account + ":role/before", Aliases: aliases, Environment: role.Have(false), KMSKey: role.None[string](), Edge: role.Have(false)}
		f.Config = role.Settings{LogGroup: "before"}.Config(role.Because("not exported"))
		f.Config.Tags = role.Have(map[string]string{"stage": "x"})
		f.Config.Runtime = role.Have(role.Runtime{ARN: "arn:aws:lambda:eu-central-1:444455556666:runtime/python:live"})
		f.Config.RuntimeUpdates = role.Have(role.RuntimeUpdates{On: role.RuntimeAuto})
		var b role.Beside
		if b = (role.Beside{Sources: role.Have([]role.Source(nil)), Destinations: role.Have([]role.Destinations(nil)), URLs: role.Have([]role.URL(nil)), Policies: role.Have([]role.ResourcePolicy(nil))}); arn == sampleFunction {
			b.Sources = role.Have([]role.Source{{UUID: sampleMapping, ARN: "arn:aws:sqs:eu-central-1:111122223333:before"}})
			b.Destinations = role.Have([]role.Destinations{{Qualifier: "live", Success: "before"}, {Success: "before"}})
			b.URLs = role.Have([]role.URL{{Auth: "BEFORE"}, {Qualifier: "live", Auth: "AWS_IAM"}})
			b.Policies = role.Have([]role.ResourcePolicy{{Qualifier: "live", Text: `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"bucket","Effect":"Deny"}]}`}})
		}
		f.Complete(b, role.AllAliases)
		return f
	}
	return []role.Function{version("$LATEST"), version("1", "live")}, nil
}

func (w world) MappingFunction(_ context.Context, _, id string) (string, error) {
	if w.rich && id == sampleMapping {
		return sampleFunction, nil
	}
	return "", nil
}

func (w world) RolePage(ctx context.Context, _ string) (page []role.Snapshot, next string, err error) {
	for _, ref := range (base{}).refs("orders-worker", "AWSServiceRoleForLambdaReplicator", "holder") {
		if s, _ := w.Role(ctx, ref); s.Identity.State() == role.Known {
			page = append(page, s)
		}
	}
	return page, "", nil
}

func (w world) FunctionPage(ctx context.Context, _, _ string) (page []role.Function, next string, err error) {
	for _, arn := range []string{sampleFunction, anotherOne} {
		versions, _ := w.Function(ctx, arn)
		page = append(page, versions...)
	}
	return page, "", nil
}

func (w world) Providers(context.Context, string) (role.Providers, error) {
	all := role.Providers{Complete: true}
	if w.rich {
		all.List = []role.Provider{{ARN: sampleProvider, Role: "arn:aws:iam::" + account + ":role/before"}}
	}
	return all, nil
}

// seen is an account as reads show it: each part that is known, in words. What is unknown is "?".
type seen map[string]string

func note[T any](s seen, name string, m role.Maybe[T]) {
	text, _ := json.Marshal(m.Or(*new(T)), json.Deterministic(true))
	if s[name] = string(text); m.State() == role.Unknown {
		s[name] = "?"
	} else if m.State() == role.Absent {
		s[name] = "none"
	}
}

func (s seen) role(r role.Snapshot) {
	at := "role " + r.Ref.Name + " "
	if s[at+"identity"] = fmt.Sprint(r.Exists()); r.Exists() == role.Unknown {
		s[at+"identity"] = "?"
	}
	policy := func(name string, p role.Policy) {
		if note(s, at+name, p.Text); p.ARN != "" && s[at+name] != "?" {
			s[at+name] += " " + p.ARN
		}
	}
	one := func(name string, m role.Maybe[role.Policy]) {
		note(s, at+name, m)
		if p, ok := m.Get(); ok {
			policy(name, p)
		}
	}
	one("trust", r.Trust)
	one("boundary", r.Boundary)
	for name, list := range map[string]role.Maybe[[]role.Policy]{"inline": r.Inline, "attached": r.Attached} {
		var parts []string
		for _, p := range list.Or(nil) {
			parts = append(parts, p.Part.String())
			policy(p.Part.String(), p)
		}
		if s[at+name] = strings.Join(parts, " "); list.State() == role.Unknown {
			s[at+name] = "?"
		}
	}
	for _, p := range r.Seen {
		policy(p.Part.String(), p)
	}
	note(s, at+"tags", r.Tags)
}

func (s seen) function(arn string, versions []role.Function, err error) {
	at, names := "function "+arn[strings.LastIndexByte(arn, ':')+1:]+" ", ""
	for _, f := range versions {
		names += " " + f.Version
		of := at + f.Version + " "
		note(s, of+"environment", f.Environment)
		note(s, of+"key", f.KMSKey)
		note(s, of+"log group", f.Config.LogGroup)
		note(s, of+"layers", f.Config.Layers)
		note(s, of+"sources", f.Config.Sources)
		note(s, of+"destinations", f.Config.Destinations)
		if f.Config.Runtime.State() == role.Known {
			note(s, of+"runtime updates", f.Config.RuntimeUpdates)
		}
		note(s, of+"policies", f.Config.Policies)
		urls := slices.Clone(f.Config.URLs.Or(nil))
		for i := range urls {
			urls[i].URL = "" // Nothing depends on it.
		}
		if note(s, of+"URLs", role.Have(urls)); f.Config.URLs.State() == role.Unknown {
			s[of+"URLs"] = "?"
		}
		note(s, of+"tags", f.Config.Tags)
		for _, p := range f.Config.SeenPolicies {
			s[of+"policy "+p.Qualifier] = p.Text
		}
	}
	if s[at+"versions"] = names; errors.Is(err, role.ErrUnread) {
		s[at+"versions"] = "?"
	}
}

// provider notes one capacity provider: it is unknown where it is not listed and the list is not complete.
func (s seen) provider(t *testing.T, a *history.Account, arn string) {
	t.Helper()
	all, err := a.Providers(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	one := role.None[role.Provider]()
	if i := slices.IndexFunc(all.List, func(p role.Provider) bool { return p.ARN == arn }); i >= 0 {
		one = role.Have(all.List[i])
	} else if !all.Complete {
		one = role.NotRead[role.Provider](all.Why)
	}
	note(s, "capacity provider "+arn, one)
}

// see reads the account as reads of one role or function show it, and as pages do.
func see(t *testing.T, a *history.Account, paged bool) seen {
	t.Helper()
	s := seen{}
	s.provider(t, a, sampleProvider)
	if paged {
		for marker, more := "", true; more; more = marker != "" {
			page, next, err := a.RolePage(ctx, marker)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page {
				s.role(r)
			}
			marker = next
		}
		for marker, more := "", true; more; more = marker != "" {
			page, next, err := a.FunctionPage(ctx, sampleRegion, marker)
			if err != nil {
				t.Fatal(err)
			}
			for _, versions := range role.ByFunction(page) {
				s.function(versions[0].ARN, versions, nil)
			}
			marker = next
		}
		return s
	}
	for _, name := range []string{"orders-worker", "AWSServiceRoleForLambdaReplicator", "holder"} {
		s.role(snapshot(t, a, name))
	}
	for _, arn := range []string{sampleFunction, anotherOne} {
		versions, err := a.Function(ctx, arn)
		s.function(arn, versions, err)
	}
	return s
}
