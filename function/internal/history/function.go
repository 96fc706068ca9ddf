package history

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/recorded"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// functionRecord is what is known of one function.
type functionRecord struct {
	arn string
	// turned is when the function was made or deleted, by the newest record of that, and gone which of the two; seen is
	// when a record last spoke of it.
	turned, seen time.Time
	gone         bool
	versions     map[string]*versionRecord
	aliases      map[string]dated[string]
	beside       beside
}

// versionRecord is what is known of one version. Its role is unknown when no record told it.
type versionRecord struct {
	role         dated[string]
	environment  dated[bool]
	kmsKey       dated[string]
	lastModified dated[time.Time]
	edge         role.Maybe[bool]
	config       dated[role.Config]
	gone         bool
	goneAt       time.Time
}

func newVersionRecord() *versionRecord {
	return &versionRecord{
		environment:  dated[bool]{Maybe: role.NotRead[bool](role.NotRecorded("no record tells of the environment"))},
		kmsKey:       dated[string]{Maybe: role.NotRead[string](role.NotRecorded("no record tells of the key"))},
		lastModified: dated[time.Time]{Maybe: role.NotRead[time.Time](role.NotRecorded("no record tells of the last change"))},
		edge:         role.NotRead[bool](role.NotRecorded("no record tells whether the version is replicated")),
		config:       dated[role.Config]{Maybe: role.Have(role.UnreadConfig(role.NotRecorded("no record tells of it")))},
	}
}

// function gives what is known of a function, taken over from the base the first time.
func (a *Account) function(ctx context.Context, arn string) (*functionRecord, error) {
	if f := a.functions[arn]; f != nil {
		return f, nil
	}
	f := &functionRecord{arn: arn, versions: map[string]*versionRecord{}, aliases: map[string]dated[string]{}, beside: newBeside()}
	if a.base != nil {
		versions, err := a.base.Function(ctx, arn)
		if err != nil && !errors.Is(err, role.ErrUnread) {
			return nil, err
		}
		for _, v := range versions {
			record := newVersionRecord()
			record.role.Maybe = role.Have(v.Role)
			record.environment.Maybe, record.kmsKey.Maybe = v.Environment, v.KMSKey
			record.lastModified.Maybe, record.edge = v.LastModified, v.Edge
			record.config.Maybe = role.Have(v.Config)
			f.versions[v.Version] = record
			for _, alias := range v.Aliases {
				f.aliases[alias] = dated[string]{Maybe: role.Have(v.Version)}
			}
		}
		f.beside = besideOf(versions)
	}
	a.functions[arn] = f
	return f, nil
}

// applyFunction takes in a record that names a function.
func (a *Account) applyFunction(ctx context.Context, c *events.Change) error {
	f, err := a.function(ctx, c.Function.ARN)
	if err != nil {
		return err
	}
	if c.Time.Before(f.turned) || f.gone && c.Time.Equal(f.turned) && c.Event.Name != "CreateFunction" {
		return nil
	}
	switch c.Event.Name {
	case "CreateFunction":
		f.renew(c.Time)
		f.beside.renew(c.Time)
		f.configure(aws.LatestVersion, c)
	case "DeleteFunction":
		f.delete(c)
		return nil
	case "CreateAlias", "UpdateAlias":
		f.point(c)
	case "DeleteAlias":
		f.aliases[c.Function.Qualifier] = dated[string]{Maybe: role.None[string](), at: c.Time}
	case "UpdateFunctionConfiguration", "UpdateFunctionCode":
		f.configure(aws.LatestVersion, c)
	}
	f.beside.take(c)
	f.gone = false
	if c.Time.After(f.seen) {
		f.seen = c.Time
	}
	if v := c.Config.Version; v != "" && v != aws.LatestVersion {
		f.publish(v, c)
	}
	return nil
}

func (f *functionRecord) delete(c *events.Change) {
	if q := c.Function.Qualifier; q != "" {
		v := f.version(q)
		v.gone, v.goneAt = true, c.Time
		return
	}
	if c.Time.Before(f.seen) {
		return
	}
	f.turned, f.gone = c.Time, true
	clear(f.versions)
	clear(f.aliases)
}

// renew makes the function anew: of what was known only what newer records tell stays.
func (f *functionRecord) renew(at time.Time) {
	f.turned = at
	for name, v := range f.versions {
		if v.role.at.Before(at) {
			delete(f.versions, name)
		}
	}
	for alias, d := range f.aliases {
		if d.at.Before(at) {
			delete(f.aliases, alias)
		}
	}
}

func (f *functionRecord) version(name string) *versionRecord {
	v := f.versions[name]
	if v == nil {
		v = newVersionRecord()
		f.versions[name] = v
	}
	return v
}

// point lets an alias point to a version.
func (f *functionRecord) point(c *events.Change) {
	d := f.aliases[c.Function.Qualifier]
	if c.Config.AliasVersion == "" {
		d.set(role.NotRead[string](role.NotRecorded("the record "+c.ID+" does not name the alias's version")), c.Time)
	} else {
		d.set(role.Have(c.Config.AliasVersion), c.Time)
	}
	f.aliases[c.Function.Qualifier] = d
}

// publish notes a version that the call made: a copy of $LATEST as the record tells of it.
func (f *functionRecord) publish(name string, c *events.Change) {
	if name == aws.LatestVersion {
		return
	}
	if from := f.versions[aws.LatestVersion]; from != nil && f.versions[name] == nil {
		copied := *from
		f.versions[name] = &copied
	}
	f.configure(name, c)
}

// configure notes what a record tells of a version's configuration.
func (f *functionRecord) configure(name string, c *events.Change) {
	v := f.version(name)
	if v.gone && !c.Time.After(v.goneAt) {
		return
	}
	v.gone = false
	if !c.Config.Known {
		return
	}
	if c.Config.Settings != nil {
		v.config.set(role.Have(recorded.Config(c.Config.Settings)), c.Time)
	}
	if c.Config.Role != "" {
		v.role.set(role.Have(c.Config.Role), c.Time)
	}
	// An answer holds the whole configuration, so what it is silent of is not there.
	answered := !c.Config.LastModified.IsZero()
	switch env := c.Config.Environment; {
	case env != nil && *env:
		v.environment.set(role.NotRead[bool](role.NotRecorded("CloudTrail tells that an environment was sent, not whether it is empty")), c.Time)
	case env != nil || answered:
		v.environment.set(role.Have(false), c.Time)
	}
	switch key := c.Config.KMSKeyARN; {
	case key != nil && *key != "":
		v.kmsKey.set(role.Have(*key), c.Time)
	case key != nil || answered:
		v.kmsKey.set(role.None[string](), c.Time)
	}
	// New code, or a version made of it, is no change of the configuration: it makes no grant anew, and is no second try of
	// a call that was refused.
	if c.Event.Name != "CreateFunction" && c.Event.Name != "UpdateFunctionConfiguration" {
		return
	}
	modified := c.Config.LastModified
	if modified.IsZero() {
		modified = c.Time
	}
	v.lastModified.set(role.Have(modified), c.Time)
}

// Function reads every version of a function that is known to exist with its role; none when there is none.
func (a *Account) Function(ctx context.Context, arn string) ([]role.Function, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.function(ctx, arn)
	if err != nil {
		return nil, err
	}
	return f.list(), nil
}

// MappingFunction gives the ARN of the function that an event source mapping invokes, as far as records or the base tell.
func (a *Account) MappingFunction(ctx context.Context, region, id string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for arn, f := range a.functions {
		if f.beside.mappings.has(id) {
			return arn, nil
		}
	}
	if a.base == nil {
		return "", nil
	}
	return a.base.MappingFunction(ctx, region, id)
}

// list gives the versions, $LATEST first and then by number.
func (f *functionRecord) list() []role.Function {
	if f.gone {
		return nil
	}
	var out []role.Function
	beside := f.beside.all()
	for name, v := range f.versions {
		arn, ok := v.role.Get()
		if !ok || v.gone {
			continue
		}
		one := role.Function{
			ARN: f.arn, Version: name, Aliases: f.aliasesOf(name), Role: arn, Environment: v.environment.Maybe,
			KMSKey: v.kmsKey.Maybe, LastModified: v.lastModified.Maybe, Edge: v.edge, Config: v.config.Or(role.Config{}),
		}
		// The records tell which versions an alias leads to.
		one.Complete(beside, true)
		out = append(out, one)
	}
	slices.SortFunc(out, role.ByVersion)
	return out
}

func (f *functionRecord) aliasesOf(version string) []string {
	var out []string
	for _, alias := range slices.Sorted(maps.Keys(f.aliases)) {
		if v, ok := f.aliases[alias].Get(); ok && v == version {
			out = append(out, alias)
		}
	}
	return out
}
