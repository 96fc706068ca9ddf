package catalogue_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// What a case has that says nothing else: a role that Lambda can assume, and one function that uses it.
const (
	usualAccount = "111122223333"
	usualNow     = "2026-03-02T09:00:00Z"
	usualTrust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

type roleSection struct {
	Name      string    `json:"name"`
	Path      string    `json:"path"`
	ID        string    `json:"id"`
	Created   time.Time `json:"created"`
	Absent    bool      `json:"absent"`
	Account   string    `json:"account"`
	Partition string    `json:"partition"`
	// ARN is what the role is asked for by, where IAM does not tell its own.
	ARN string `json:"arn"`
	// Similar are the ARNs of roles of similar names, where the role is absent.
	Similar []string `json:"similar"`
	// Tags are not read where the case does not have them.
	Tags map[string]string `json:"tags"`
}

type functionSection struct {
	Name         string     `json:"name"`
	Region       string     `json:"region"`
	Account      string     `json:"account"`
	Partition    string     `json:"partition"`
	Version      string     `json:"version"`
	Aliases      []string   `json:"aliases"`
	Role         string     `json:"role"`
	Environment  bool       `json:"environment"`
	KMSKey       string     `json:"kmsKey"`
	LastModified *time.Time `json:"lastModified"`
	Edge         bool       `json:"edge"`
	// Config is read over an ordinary function's, which has nothing that is optional.
	Config jsontext.Value `json:"config"`
	// Unknown says why a field of the function could not be read.
	Unknown map[string]string `json:"unknown"`
}

type beforeSection struct {
	Looked            bool      `json:"looked"`
	LambdaCouldAssume bool      `json:"lambdaCouldAssume"`
	Operator          bool      `json:"operator"`
	RoleID            string    `json:"roleId"`
	RecreatedAt       time.Time `json:"recreatedAt"`
	// Parts are parts as they were before they were edited, as documents; null for one that was not there, and a text
	// for why what it was is not known.
	Parts map[role.Part]jsontext.Value `json:"parts"`
}

type changeSection struct {
	EventID   string    `json:"eventId"`
	Event     string    `json:"event"`
	Time      time.Time `json:"time"`
	Part      role.Part `json:"part"`
	Actor     string    `json:"actor"`
	ActorType string    `json:"actorType"`
	Via       string    `json:"via"`
}

type parametersSection struct {
	TrustedAccounts      []string `json:"trustedAccounts"`
	Organization         string   `json:"organization"`
	OrganizationAccounts []string `json:"organizationAccounts"`
	LayerAccounts        []string `json:"layerAccounts"`
	Managers             []string `json:"managers"`
	Never                []struct {
		Name     string         `json:"name"`
		Document jsontext.Value `json:"document"`
	} `json:"never"`
}

type rcpSection struct {
	Levels [][]struct {
		Name string         `json:"name"`
		Doc  jsontext.Value `json:"doc"`
	} `json:"levels"`
}

// caseFile is one case as its sections stand.
type caseFile struct {
	sections map[string]string
	unknown  map[string]string
	role     roleSection
}

var sectionNames = []string{
	"role.json", "trust.json", "attached.json", "boundary.json", "functions.json", "users", "providers.json", "providers", "rcps.json", "scps.json", "refusals.json",
	"before.json", "changes.json", "parameters.json", "now", "unknown", "silent", "want",
	"account.json",
}

// parseCase reads the sections, and refuses what it does not know.
func parseCase(a *txtar.Archive) (*caseFile, error) {
	c := &caseFile{sections: map[string]string{}, unknown: map[string]string{}}
	for _, f := range a.Files {
		if _, doubled := c.sections[f.Name]; doubled || !slices.Contains(sectionNames, f.Name) && !strings.HasPrefix(f.Name, "inline/") {
			return nil, fmt.Errorf("read case: section %s is doubled or not known", f.Name)
		}
		c.sections[f.Name] = string(f.Data)
	}
	for line := range strings.Lines(c.sections["unknown"]) {
		part, why, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			return nil, fmt.Errorf("read case: unknown: %q is not of the form PART: REASON", line)
		}
		c.unknown[part] = why
	}
	c.role = roleSection{Name: "orders", Path: "/", ID: "AROAORDERS", Created: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Account: usualAccount, Partition: "aws"}
	return c, c.decode("role.json", &c.role)
}

func (c *caseFile) decode(name string, into any) error {
	text, ok := c.sections[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("read case: %s: %w", name, err)
	}
	return nil
}

// subject is what the case gives the checks to judge.
func (c *caseFile) subject(t *testing.T) *check.Subject {
	t.Helper()
	now, err := time.Parse(time.RFC3339, cmp.Or(strings.TrimSpace(c.sections["now"]), usualNow))
	if err != nil {
		t.Fatal(err)
	}
	s := &check.Subject{Role: &role.Snapshot{}, Now: now}
	var before beforeSection
	for _, err := range []error{
		c.snapshot(s.Role), c.organization(s.Role), c.users(s.Role), c.decode("refusals.json", &s.Refusals), c.decode("before.json", &before),
		c.changes(s), c.parameters(&s.Parameters),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.Before = before.before()
	if err := c.graph(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// boundaryOf is a boundary by its document, or by its ARN with the document.
func boundaryOf(text string) role.Policy {
	arn := ""
	var byARN map[string]jsontext.Value
	if json.Unmarshal([]byte(text), &byARN) == nil && len(byARN) == 1 {
		for arn = range byARN {
			text = string(byARN[arn])
		}
	}
	boundary := role.NewPolicy(role.PartBoundary, text, policy.Boundary)
	boundary.ARN = arn
	return boundary
}

func (b beforeSection) before() check.Before {
	out := check.Before{Looked: b.Looked, LambdaCouldAssume: b.LambdaCouldAssume, Operator: b.Operator, RoleID: b.RoleID, RecreatedAt: b.RecreatedAt}
	for name, value := range b.Parts {
		if out.Parts == nil {
			out.Parts = map[role.Part]role.Maybe[role.Policy]{}
		}
		kind := policy.Identity
		switch name {
		case role.PartTrust:
			kind = policy.Trust
		case role.PartBoundary:
			kind = policy.Boundary
		}
		var why string
		switch {
		case value.Kind() == 'n':
			out.Parts[name] = role.None[role.Policy]()
		case json.Unmarshal(value, &why) == nil:
			out.Parts[name] = role.NotRead[role.Policy](role.Because(why))
		default:
			p := role.NewPolicy(name, string(value), kind)
			switch {
			case name == role.PartBoundary:
				p = boundaryOf(string(value))
			case name.Kind() == role.Managed:
				p.ARN = name.String()
			}
			out.Parts[name] = role.Have(p)
		}
	}
	return out
}

func (c *caseFile) changes(s *check.Subject) error {
	var list []changeSection
	err := c.decode("changes.json", &list)
	for _, one := range list {
		s.Changes = append(s.Changes, check.Change(one))
	}
	return err
}

func (c *caseFile) parameters(p *check.Parameters) error {
	var section parametersSection
	if err := c.decode("parameters.json", &section); err != nil {
		return err
	}
	p.TrustedAccounts, p.Organization, p.OrganizationAccounts = section.TrustedAccounts, section.Organization, section.OrganizationAccounts
	p.LayerAccounts, p.Managers = section.LayerAccounts, section.Managers
	for _, n := range section.Never {
		document, err := policy.Parse(n.Document, policy.Identity)
		if err != nil {
			return fmt.Errorf("read case: parameters.json: never %s: %w", n.Name, err)
		}
		p.Never = append(p.Never, check.Never{Name: n.Name, Document: document})
	}
	return nil
}

func (c *caseFile) ownARN() string {
	return "arn:" + c.role.Partition + ":iam::" + c.role.Account + ":role" + c.role.Path + c.role.Name
}

func (c *caseFile) snapshot(r *role.Snapshot) error {
	r.Ref = role.Ref{Partition: c.role.Partition, Account: c.role.Account, Name: c.role.Name, ARN: cmp.Or(c.role.ARN, c.ownARN())}
	if c.role.Tags != nil {
		r.Tags = role.Have(c.role.Tags)
	}
	if r.Similar = c.role.Similar; c.role.Absent {
		r.Identity, r.Trust, r.Boundary = role.None[role.Identity](), role.None[role.Policy](), role.None[role.Policy]()
		r.Inline, r.Attached = role.None[[]role.Policy](), role.None[[]role.Policy]()
		return nil
	}
	r.Identity = role.Have(role.Identity{ARN: c.ownARN(), ID: c.role.ID, Created: role.Have(c.role.Created)})
	if c.role.Created.IsZero() {
		r.Identity = role.Have(role.Identity{ARN: c.ownARN(), ID: c.role.ID})
	}
	if why, ok := c.unknown["identity"]; ok {
		r.Identity = role.NotRead[role.Identity](role.Because(why))
	}
	r.Trust = role.Have(role.NewPolicy("trust", strings.TrimSuffix(cmp.Or(c.sections["trust.json"], usualTrust), "\n"), policy.Trust))
	if why, ok := c.unknown["trust"]; ok {
		r.Trust = role.NotRead[role.Policy](role.Because(why))
	}
	r.Boundary = role.None[role.Policy]()
	if text, ok := c.sections["boundary.json"]; ok {
		r.Boundary = role.Have(boundaryOf(text))
	}
	if why, ok := c.unknown["boundary"]; ok {
		r.Boundary = role.NotRead[role.Policy](role.Because(why))
	}
	return c.policies(r)
}

// policies are the inline policies, in the order of their names, and the attached ones, in the order of their ARNs.
func (c *caseFile) policies(r *role.Snapshot) error {
	var inline, attached []role.Policy
	for _, name := range slices.Sorted(maps.Keys(c.sections)) {
		if short, ok := strings.CutPrefix(name, "inline/"); ok {
			part := role.InlinePart(strings.TrimSuffix(short, ".json"))
			inline = append(inline, role.NewPolicy(part, strings.TrimSuffix(c.sections[name], "\n"), policy.Identity))
		}
	}
	var documents map[string]jsontext.Value
	if err := c.decode("attached.json", &documents); err != nil {
		return err
	}
	for _, arn := range slices.Sorted(maps.Keys(documents)) {
		p := role.Policy{Part: role.ManagedPart(arn), Text: role.NotRead[string](role.Denied("iam:GetPolicyVersion"))}
		if text := documents[arn]; string(text) != "null" {
			p = role.NewPolicy(role.ManagedPart(arn), string(text), policy.Identity)
		}
		p.ARN, p.Version = arn, "v1"
		attached = append(attached, p)
	}
	r.Inline, r.Attached = role.Have(inline), role.Have(attached)
	if why, ok := c.unknown["inline"]; ok {
		r.Inline, r.Seen = role.NotRead[[]role.Policy](role.Because(why)), append(r.Seen, inline...)
	}
	if why, ok := c.unknown["attached"]; ok {
		r.Attached, r.Seen = role.NotRead[[]role.Policy](role.Because(why)), append(r.Seen, attached...)
	}
	return nil
}

func (c *caseFile) organization(r *role.Snapshot) (err error) {
	if r.RCPs, err = c.levels("rcps", policy.RCP); err != nil {
		return err
	}
	r.SCPs, err = c.levels("scps", policy.SCP)
	return err
}

func (c *caseFile) levels(name string, kind policy.Kind) (role.Maybe[[][]policy.Part], error) {
	if why, ok := c.unknown[name]; ok {
		return role.NotRead[[][]policy.Part](role.Because(why)), nil
	}
	var section rcpSection
	if err := c.decode(name+".json", &section); err != nil || section.Levels == nil {
		return role.None[[][]policy.Part](), err
	}
	levels := make([][]policy.Part, len(section.Levels))
	for i, level := range section.Levels {
		for _, one := range level {
			doc, _ := policy.Parse(bytes.TrimSpace(one.Doc), kind)
			levels[i] = append(levels[i], policy.Part{Name: one.Name, Document: doc})
		}
	}
	return role.Have(levels), nil
}

func (c *caseFile) users(r *role.Snapshot) error {
	sections := []functionSection{{Name: "orders-api"}}
	if _, ok := c.sections["functions.json"]; ok {
		sections = nil
	}
	if err := c.decode("functions.json", &sections); err != nil {
		return err
	}
	providers, err := c.providers()
	if err != nil {
		return err
	}
	why, incomplete := strings.CutPrefix(strings.TrimSpace(c.sections["users"]), "incomplete: ")
	r.Users = role.Users{Complete: !incomplete, Providers: providers}
	if incomplete {
		r.Users.Why = why
	}
	for _, f := range sections {
		one := c.function(f)
		if len(f.Config) > 0 {
			if err := json.Unmarshal(f.Config, &one.Config, json.RejectUnknownMembers(true)); err != nil {
				return fmt.Errorf("read case: functions.json: config of %s: %w", f.Name, err)
			}
		}
		r.Users.List = append(r.Users.List, one)
	}
	return nil
}

// plainConfig is the configuration of a function that has nothing that is optional.
func plainConfig() role.Config {
	return role.Config{
		LogGroup: role.None[string](), Network: role.None[role.Network](), DeadLetter: role.None[string](), Tracing: role.Have(false),
		Layers: role.Have([]string(nil)), Mounts: role.Have([]role.Mount(nil)), Memory: role.Have(128), Wrapper: role.None[string](), Durable: role.Have(false), CapacityProvider: role.None[string](),
		Runtime: role.None[role.Runtime](), RuntimeUpdates: role.None[role.RuntimeUpdates](),
		SnapStart: role.Have(false), Image: role.Have(false), Status: role.Have(role.Status{State: "Active", Update: "Successful"}),
		Sources: role.Have([]role.Source(nil)), Destinations: role.Have([]role.Destinations(nil)),
		Policies: role.Have([]role.ResourcePolicy(nil)), URLs: role.Have([]role.URL(nil)), Tags: role.Have(map[string]string(nil)),
	}
}

func (c *caseFile) function(f functionSection) role.Function {
	partition := cmp.Or(f.Partition, c.role.Partition)
	out := role.Function{
		ARN:     "arn:" + partition + ":lambda:" + cmp.Or(f.Region, aws.PartitionNamed(partition).GlobalRegion) + ":" + cmp.Or(f.Account, c.role.Account) + ":function:" + f.Name,
		Version: cmp.Or(f.Version, "$LATEST"), Aliases: f.Aliases, Role: cmp.Or(f.Role, c.ownARN()),
		Environment: role.Have(f.Environment), KMSKey: role.None[string](), Edge: role.Have(f.Edge),
		Config: plainConfig(),
	}
	if f.KMSKey != "" {
		out.KMSKey = role.Have(f.KMSKey)
	}
	if f.LastModified != nil {
		out.LastModified = role.Have(*f.LastModified)
	}
	if why, ok := f.Unknown["environment"]; ok {
		out.Environment = role.NotRead[bool](role.Because(why))
	}
	if why, ok := f.Unknown["edge"]; ok {
		out.Edge = role.NotRead[bool](role.Because(why))
	}
	return out
}
