package history

import (
	"maps"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// blurredFunction is what is known of a function, less what records may have changed since that do not name their function, or do not
// show what they changed; others says why it is unknown which versions it has, or whether it is there.
func (a *Account) blurredFunction(f *functionRecord) (out *functionRecord, others blur) {
	if len(a.blurs) == 0 && len(f.own) == 0 {
		return f, blur{}
	}
	arn, _ := aws.ParseARN(f.arn)
	since := func(of aspect, at time.Time) (blur, bool) {
		b := a.blur(of, arn.Account, arn.Region, f.own)
		return b, b.covers(at) && b.covers(f.turned)
	}
	out = f.clone()
	if b, ok := since(functionVersions, f.turned); ok {
		others = b
	}
	if b, ok := since(functionMade, f.turned); ok && (f.gone || len(f.versions) == 0 || f.own[functionMade].why.Given()) {
		others = others.newer(b)
	}
	if b, ok := since(functionGone, f.seen); ok && !f.gone {
		out.unread(b.at, b.why)
		others = others.newer(b)
	}
	for name, v := range out.versions {
		of := functionGone
		if name == aws.LatestVersion {
			of = functionConfiguration
		}
		if b, ok := since(of, f.turned); ok {
			v.forget(b)
		}
		if b, ok := since(functionRuntime, f.turned); ok {
			v.updates.set(role.NotRead[role.RuntimeUpdates](b.why), b.at)
		}
	}
	out.beside.blur(since)
	if b, ok := since(functionAliases, f.turned); ok {
		out.beside.unpoint(out.aliases, b)
	}
	return out, others
}

// clone is a copy that can be changed.
func (f *functionRecord) clone() *functionRecord {
	out := *f
	out.versions, out.aliases = make(map[string]*versionRecord, len(f.versions)), maps.Clone(f.aliases)
	for name, v := range f.versions {
		copied := *v
		out.versions[name] = &copied
	}
	out.beside.policies.of = make(map[string]*resourcePolicy, len(f.beside.policies.of))
	for qualifier, p := range f.beside.policies.of {
		copied := *p
		copied.statements = maps.Clone(p.statements)
		out.beside.policies.of[qualifier] = &copied
	}
	return &out
}

// forget makes unknown what a version is configured with, but for the role that it was seen with.
func (v *versionRecord) forget(b blur) {
	v.config.set(role.Have(role.UnreadConfig(b.why)), b.at)
	v.updates.set(role.NotRead[role.RuntimeUpdates](b.why), b.at)
	v.environment.set(role.NotRead[bool](b.why), b.at)
	v.kmsKey.set(role.NotRead[string](b.why), b.at)
	v.lastModified.set(role.NotRead[time.Time](b.why), b.at)
}

// blur makes unknown what records may have changed of what is configured beside the versions.
func (b *beside) blur(since func(aspect, time.Time) (blur, bool)) {
	if by, ok := since(functionSources, time.Time{}); ok {
		b.mappings = b.mappings.without(by)
	}
	if by, ok := since(functionDestinations, time.Time{}); ok {
		b.destinations = b.destinations.without(by)
	}
	if by, ok := since(functionURLs, time.Time{}); ok {
		b.urls = b.urls.without(by)
	}
	if by, ok := since(functionTags, time.Time{}); ok {
		b.tags = b.tags.without(by)
	}
	if by, ok := since(functionPolicies, time.Time{}); ok {
		b.policies.without(by)
	}
}

// unpoint makes unknown what is configured for aliases that may point to other versions now, or be gone.
func (b *beside) unpoint(aliases map[string]dated[string], by blur) {
	moved := func(qualifier string) bool {
		if qualifier == "" || strings.HasPrefix(qualifier, aws.LatestVersion) || strings.Trim(qualifier, "0123456789") == "" {
			return false
		}
		return by.covers(aliases[qualifier].at)
	}
	for alias := range aliases {
		if moved(alias) {
			delete(aliases, alias)
		}
	}
	unless(&b.mappings, by, func(s role.Source) bool { return moved(s.Qualifier) })
	unless(&b.destinations, by, func(d role.Destinations) bool { return moved(d.Qualifier) })
	unless(&b.urls, by, func(u role.URL) bool { return moved(u.Qualifier) })
	for qualifier := range b.policies.of {
		if moved(qualifier) {
			b.policies.complete, b.policies.why = false, by.why
			delete(b.policies.of, qualifier)
		}
	}
}

// unless makes a list unknown that has a member which may lead to another version now.
func unless[T any](list *members[T], by blur, moved func(T) bool) {
	for _, d := range list.of {
		if one, ok := d.Get(); ok && moved(one) {
			list.complete, list.why = false, by.why
		}
	}
}

// without is the policies that a record may have changed: only what newer records tell of is known.
func (l *resourcePolicies) without(by blur) {
	l.complete, l.why = false, by.why
	for qualifier, p := range l.of {
		for sid, d := range p.statements {
			if by.covers(d.at) {
				delete(p.statements, sid)
			}
		}
		if by.covers(p.replaced) {
			p.unread = by.why
		}
		if len(p.statements) == 0 {
			delete(l.of, qualifier)
		}
	}
}

// unread makes unknown what older records tell of a function, but for the role that its versions were seen with.
func (f *functionRecord) unread(at time.Time, why role.Reason) {
	if at.Before(f.turned) {
		return
	}
	f.gone = false
	b := blur{at, why}
	f.own.add(functionVersions, b)
	for _, v := range f.versions {
		v.forget(b)
	}
	f.beside.mappings, f.beside.destinations, f.beside.urls = f.beside.mappings.without(b), f.beside.destinations.without(b), f.beside.urls.without(b)
	f.beside.tags = f.beside.tags.without(b)
	f.beside.policies.complete, f.beside.policies.why = false, why
	for _, p := range f.beside.policies.of {
		if p.replaced.Before(at) {
			p.replace(nil, at, "")
			p.unread = why
		}
	}
}
