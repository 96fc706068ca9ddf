package selfcheck_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

const (
	home  = "us-east-1"
	other = "eu-west-1"
)

func named(name string, edit func(*selfcheck.Trail)) selfcheck.Trail {
	t := selfcheck.Trail{
		Name: name, ARN: "arn:aws:cloudtrail:" + home + ":111122223333:trail/" + name, Home: home, MultiRegion: true, Services: true,
		Logging: role.Have(true), Selectors: role.Have(selfcheck.Selectors{Basic: []selfcheck.BasicSelector{{Management: true, ReadWrite: "WriteOnly"}}}),
	}
	edit(&t)
	return t
}

func basic(b ...selfcheck.BasicSelector) func(*selfcheck.Trail) {
	return func(t *selfcheck.Trail) { t.Selectors = role.Have(selfcheck.Selectors{Basic: b}) }
}

func advanced(c ...selfcheck.FieldSelector) func(*selfcheck.Trail) {
	management := selfcheck.FieldSelector{Field: "eventCategory", Equals: []string{"Management"}}
	return func(t *selfcheck.Trail) {
		t.Selectors = role.Have(selfcheck.Selectors{Advanced: [][]selfcheck.FieldSelector{
			{{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{"AWS::S3::Object"}}}, append(c, management),
		}})
	}
}

func field(name string, equals ...string) selfcheck.FieldSelector {
	return selfcheck.FieldSelector{Field: name, Equals: equals}
}

// What a trail delivers to two Regions, of which the first has IAM's records too.
func TestATrailDeliversWhatItsSelectorsSelect(t *testing.T) {
	const ok, wrong, unknown = selfcheck.OK, selfcheck.Wrong, selfcheck.Unknown
	denied := role.Denied("cloudtrail:GetEventSelectors")
	cases := map[string]struct {
		edit     func(*selfcheck.Trail)
		here, at selfcheck.Status
		says     string
	}{
		"write events":              {func(*selfcheck.Trail) {}, ok, ok, ""},
		"all events":                {basic(selfcheck.BasicSelector{Management: true, ReadWrite: "All"}), ok, ok, ""},
		"a kind that is not given":  {basic(selfcheck.BasicSelector{Management: true}), ok, ok, ""},
		"read events":               {basic(selfcheck.BasicSelector{Management: true, ReadWrite: "ReadOnly"}), wrong, wrong, "does not log management write events"},
		"data events":               {basic(selfcheck.BasicSelector{ReadWrite: "All"}), wrong, wrong, "does not log management write events"},
		"no selector":               {basic(), wrong, wrong, "does not log management write events"},
		"read and write apart":      {basic(selfcheck.BasicSelector{Management: true, ReadWrite: "ReadOnly"}, selfcheck.BasicSelector{Management: true, ReadWrite: "WriteOnly"}), ok, ok, ""},
		"without those of KMS":      {basic(selfcheck.BasicSelector{Management: true, ReadWrite: "All", Excluded: []string{"kms.amazonaws.com"}}), ok, ok, ""},
		"advanced: all":             {advanced(), ok, ok, ""},
		"advanced: write":           {advanced(field("readOnly", "false")), ok, ok, ""},
		"advanced: read":            {advanced(field("readOnly", "true")), wrong, wrong, "does not log management write events"},
		"advanced: without Lambda":  {advanced(selfcheck.FieldSelector{Field: "eventSource", NotEquals: []string{"lambda.amazonaws.com"}}), wrong, wrong, "does not log"},
		"advanced: without IAM":     {advanced(selfcheck.FieldSelector{Field: "eventSource", NotEquals: []string{"iam.amazonaws.com"}}), wrong, ok, "does not log"},
		"advanced: one source":      {advanced(field("eventSource", "kms.amazonaws.com")), wrong, wrong, "does not log"},
		"advanced: by caller":       {advanced(selfcheck.FieldSelector{Field: "userIdentity.arn", Others: true}), unknown, unknown, ""},
		"advanced: by prefix":       {advanced(selfcheck.FieldSelector{Field: "eventSource", Others: true}), unknown, unknown, ""},
		"stopped":                   {func(t *selfcheck.Trail) { t.Logging = role.Have(false) }, wrong, wrong, "is stopped"},
		"whether it logs is unread": {func(t *selfcheck.Trail) { t.Logging = role.NotRead[bool](role.Denied("cloudtrail:GetTrailStatus")) }, unknown, unknown, ""},
		"selectors are unread":      {func(t *selfcheck.Trail) { t.Selectors = role.NotRead[selfcheck.Selectors](denied) }, unknown, unknown, ""},
		"of the home Region":        {func(t *selfcheck.Trail) { t.MultiRegion = false }, ok, wrong, "There is no trail"},
		"without global services":   {func(t *selfcheck.Trail) { t.MultiRegion, t.Services = false, false }, wrong, wrong, "leaves out the events of global services"},
		"of another Region":         {func(t *selfcheck.Trail) { t.MultiRegion, t.Home = false, "eu-central-1" }, wrong, wrong, "There is no trail"},
		"of the organization":       {func(t *selfcheck.Trail) { t.Organization, t.Logging = true, role.Have(false) }, wrong, wrong, "is stopped"},
	}
	for name, tt := range cases {
		got := judge(named("all", tt.edit))
		if got[home].Status != tt.here || got[other].Status != tt.at {
			t.Errorf("%s: %s in the home Region and %s in the other, want %s and %s", name, got[home].Status, got[other].Status, tt.here, tt.at)
		}
		if !strings.Contains(got[home].What+got[other].What, tt.says) {
			t.Errorf("%s: %q lacks %q", name, got[home].What, tt.says)
		}
		if name == "of the organization" && !strings.Contains(got[home].Fix, "management account") {
			t.Errorf("%s: %s", name, got[home].Fix)
		}
		// Next to a trail that delivers everything, nothing is wrong; next to one that may, nothing is certain.
		if both := judge(named("all", tt.edit), named("whole", func(*selfcheck.Trail) {})); both[home].Status != ok || both[other].Status != ok {
			t.Errorf("%s, next to a whole trail: %+v", name, both)
		}
		if tt.here != ok {
			if both := judge(named("all", tt.edit), named("unread", func(t *selfcheck.Trail) { t.Selectors = role.NotRead[selfcheck.Selectors](denied) })); both[home].Status != unknown {
				t.Errorf("%s, next to a trail that was not read: %+v", name, both)
			}
		}
	}
	if len(cases) < 20 {
		t.Errorf("%d cases", len(cases))
	}
}

func judge(trails ...selfcheck.Trail) map[string]selfcheck.Result {
	f := &selfcheck.Facts{Home: home, Watched: []string{home, other}, Trails: []selfcheck.Trails{{Region: home, List: role.Have(trails)}, {Region: other, List: role.Have(trails)}}}
	out := map[string]selfcheck.Result{}
	for _, r := range selfcheck.Judge(f) {
		if region, ok := strings.CutPrefix(r.Scope, "self:trail:"); ok {
			out[region] = r
		}
	}
	return out
}

// Regions that lack records for one reason are one trouble, which names them.
func TestOneStoppedTrailIsOneTrouble(t *testing.T) {
	got := judge(named("all", func(t *selfcheck.Trail) { t.Logging = role.Have(false) }))
	if got[home].Trouble != got[other].Trouble || !strings.Contains(got[home].Trouble.Text, home+", "+other) {
		t.Errorf("%+v\n%+v", got[home].Trouble, got[other].Trouble)
	}
}
