package history

import (
	"cmp"
	"context"
	"errors"
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
	// own are records that name the function and do not show what they changed.
	own blurs
}

// versionRecord is what is known of one version. Its role is unknown when no record told it.
type versionRecord struct {
	role         dated[string]
	environment  dated[bool]
	kmsKey       dated[string]
	lastModified dated[time.Time]
	edge         role.Maybe[bool]
	config       dated[role.Config]
	updates      dated[role.RuntimeUpdates]
	gone         bool
	goneAt       time.Time
}

func newVersionRecord() *versionRecord {
	return &versionRecord{
		environment:  dated[bool]{Maybe: role.NotRead[bool](role.NotRecorded("no record shows the environment"))},
		kmsKey:       dated[string]{Maybe: role.NotRead[string](role.NotRecorded("no record shows the key"))},
		lastModified: dated[time.Time]{Maybe: role.NotRead[time.Time](role.NotRecorded("no record shows the last change"))},
		edge:         role.NotRead[bool](role.NotRecorded("no record shows whether the version is replicated")),
		updates:      dated[role.RuntimeUpdates]{Maybe: role.NotRead[role.RuntimeUpdates](role.NotRecorded("no record shows when the runtime is updated"))},
		config:       dated[role.Config]{Maybe: role.Have(role.UnreadConfig(role.NotRecorded("no record shows it")))},
	}
}

// function gives what is known of a function, taken over from the base the first time.
func (a *Account) function(ctx context.Context, arn string) (*functionRecord, error) {
	if f := a.functions[arn]; f != nil {
		return f, nil
	}
	var versions []role.Function
	if a.base != nil {
		var err error
		if versions, err = a.base.Function(ctx, arn); err != nil && !errors.Is(err, role.ErrUnread) {
			return nil, err
		}
	}
	f := functionOf(arn, versions)
	a.functions[arn] = f
	return f, nil
}

// functionOf starts from what a base tells.
func functionOf(arn string, versions []role.Function) *functionRecord {
	f := &functionRecord{arn: arn, versions: map[string]*versionRecord{}, aliases: map[string]dated[string]{}, beside: besideOf(versions)}
	for _, v := range versions {
		record := newVersionRecord()
		record.role.Maybe = role.Have(v.Role)
		record.environment.Maybe, record.kmsKey.Maybe = v.Environment, v.KMSKey
		record.lastModified.Maybe, record.edge = v.LastModified, v.Edge
		record.config.Maybe, record.updates.Maybe = role.Have(v.Config), v.Config.RuntimeUpdates
		f.versions[v.Version] = record
		for _, alias := range v.Aliases {
			f.aliases[alias] = dated[string]{Maybe: role.Have(v.Version)}
		}
	}
	return f
}

// applyLambda takes in a record of Lambda. One about an event source mapping may name that alone.
func (a *Account) applyLambda(ctx context.Context, c *events.Change) error {
	m := c.Config.Beside.Mapping
	if c.Event.Subject == events.SubjectMapping && m != nil {
		former, err := a.mappingFunction(ctx, c.Region, m.ID)
		if err != nil {
			return err
		}
		if c.Function.IsZero() && former != "" {
			named := *c
			named.Function.ARN = former
			c = &named
		}
		if former != "" && former != c.Function.ARN {
			if err := a.moveMapping(ctx, former, c); err != nil {
				return err
			}
		}
	}
	if c.Function.IsZero() {
		return nil
	}
	return a.applyFunction(ctx, c)
}

// moveMapping takes an event source mapping from the function that it invoked before.
func (a *Account) moveMapping(ctx context.Context, former string, c *events.Change) error {
	f, err := a.function(ctx, former)
	if err != nil {
		return err
	}
	f.beside.mappings.set(c.Config.Beside.Mapping.ID, role.None[role.Source](), c.Time)
	return nil
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
		f.beside.tag(c)
		f.configure(aws.LatestVersion, c)
		// https://docs.aws.amazon.com/lambda/latest/dg/runtime-management-controls.html: it is the default.
		f.version(aws.LatestVersion).updates.set(role.Have(role.RuntimeUpdates{On: role.RuntimeAuto}), c.Time)
	case "PutRuntimeManagementConfig":
		f.keepRuntime(c)
	case "DeleteFunction":
		f.delete(c)
		return nil
	case "UpdateFunctionConfiguration", "UpdateFunctionCode":
		f.configure(aws.LatestVersion, c)
	}
	if of := aspectOf(c.Event); !f.shows(c) {
		f.own.add(of, cut(c))
	} else {
		f.point(c)
		f.beside.take(c)
	}
	f.gone = false
	if c.Time.After(f.seen) {
		f.seen = c.Time
	}
	if v := c.Config.Version; v != "" && v != aws.LatestVersion {
		f.publish(v, c)
	}
	return nil
}

// shows reports whether a record shows what the call changed. A response shows all of it, where Lambda gives one that does; a request
// shows what it sets, and not the ID or the number that Lambda gave.
func (f *functionRecord) shows(c *events.Change) bool {
	of := c.Config.Beside
	switch aspectOf(c.Event) {
	case functionVersions, functionMade:
		return !c.NoResponse || c.Event.Name != "PublishVersion" && !c.Config.Publish && !c.NoRequest
	case functionConfiguration:
		return !c.NoResponse || !c.NoRequest // A request shows what it sets, and configure says what is unknown of the rest.
	case functionSources:
		return !c.NoResponse || c.Event.Name == "DeleteEventSourceMapping" && of.Mapping != nil
	case functionURLs, functionDestinations:
		if !c.NoResponse {
			return true
		}
		// A call that updates leaves as it is what it does not name.
		return !c.NoRequest && (c.Event.Name != "UpdateFunctionEventInvokeConfig" || of.OnSuccess != "" && of.OnFailure != "")
	}
	return !c.NoRequest
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

// point notes where an alias points to.
func (f *functionRecord) point(c *events.Change) {
	switch c.Event.Name {
	case "CreateAlias", "UpdateAlias":
	case "DeleteAlias":
		f.aliases[c.Function.Qualifier] = dated[string]{Maybe: role.None[string](), at: c.Time}
		return
	default:
		return
	}
	d := f.aliases[c.Function.Qualifier]
	if c.Config.AliasVersion == "" {
		d.set(role.NotRead[string](role.NotRecorded("the record "+c.ID+" does not name the version of the alias")), c.Time)
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
		copied.updates = newVersionRecord().updates // AWS does not document whether the version takes it over.
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
	switch {
	case c.Config.Settings != nil:
		v.config.set(role.Have(recorded.Config(c.Config.Settings)), c.Time)
	case c.Event.Name != "UpdateFunctionCode":
		why := "the record " + c.ID + " does not have Lambda's response, which shows the configuration"
		v.config.set(role.Have(role.UnreadConfig(role.NotRecorded(why))), c.Time)
	}
	if c.Config.Role != "" {
		v.role.set(role.Have(c.Config.Role), c.Time)
	}
	// An answer holds the whole configuration, so what it is silent of is not there.
	answered := !c.Config.LastModified.IsZero()
	switch env := c.Config.Environment; {
	case env != nil && *env:
		v.environment.set(role.NotRead[bool](role.NotRecorded("CloudTrail shows that an environment was sent, and not whether it is empty")), c.Time)
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

// keepRuntime notes when Lambda updates the runtime of a version.
func (f *functionRecord) keepRuntime(c *events.Change) {
	updates := role.NotRead[role.RuntimeUpdates](role.NotRecorded("the record " + c.ID + " does not say when the runtime is updated"))
	if of := c.Config.Beside; of.RuntimeUpdates != "" {
		updates = role.Have(role.RuntimeUpdates{On: of.RuntimeUpdates, Version: of.RuntimeVersion})
	}
	f.version(cmp.Or(c.Function.Qualifier, aws.LatestVersion)).updates.set(updates, c.Time)
}
