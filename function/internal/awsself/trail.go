package awsself

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// trails reads the trails of the home Region first: where one of them covers another Region, that Region is not asked.
func (r *run) trails(ctx context.Context) {
	known := map[string]selfcheck.Trail{}
	home := r.trailsOf(ctx, r.Home, known)
	list := home.Or(nil)
	for _, region := range r.facts.Regions() {
		of := home
		if region != r.Home && !slices.ContainsFunc(list, func(t selfcheck.Trail) bool { return r.facts.Covers(t, region) }) {
			of = r.trailsOf(ctx, region, known)
		}
		r.facts.Trails = append(r.facts.Trails, selfcheck.Trails{Region: region, List: of})
	}
}

func (r *run) cloudtrail(region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(r.cfg, func(o *cloudtrail.Options) { o.Region = region })
}

// trailsOf reads the trails that apply to a Region; known are those that were read before.
func (r *run) trailsOf(ctx context.Context, region string, known map[string]selfcheck.Trail) role.Maybe[[]selfcheck.Trail] {
	got := called(r, "cloudtrail:DescribeTrails", region, func() (*cloudtrail.DescribeTrailsOutput, error) {
		return r.cloudtrail(region).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	})
	out, read := got.Get()
	if !read {
		return failed[[]selfcheck.Trail](got)
	}
	list := []selfcheck.Trail{}
	for _, t := range out.TrailList {
		arn := aws.ToString(t.TrailARN)
		trail, ok := known[arn]
		if !ok {
			trail = r.trail(ctx, t)
			known[arn] = trail
		}
		list = append(list, trail)
	}
	return role.Have(list)
}

// trail reads whether a trail logs, and what. It asks in the trail's own Region.
func (r *run) trail(ctx context.Context, t types.Trail) selfcheck.Trail {
	out := selfcheck.Trail{
		Name: aws.ToString(t.Name), ARN: aws.ToString(t.TrailARN), Home: aws.ToString(t.HomeRegion),
		MultiRegion: aws.ToBool(t.IsMultiRegionTrail), Organization: aws.ToBool(t.IsOrganizationTrail), Services: aws.ToBool(t.IncludeGlobalServiceEvents),
	}
	client := r.cloudtrail(out.Home)
	status := called(r, "cloudtrail:GetTrailStatus", out.Home, func() (*cloudtrail.GetTrailStatusOutput, error) {
		return client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: t.TrailARN})
	})
	out.Logging = failed[bool](status)
	if s, known := status.Get(); known {
		out.Logging = role.Have(aws.ToBool(s.IsLogging))
	}
	got := called(r, "cloudtrail:GetEventSelectors", out.Home, func() (*cloudtrail.GetEventSelectorsOutput, error) {
		return client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: t.TrailARN})
	})
	out.Selectors = failed[selfcheck.Selectors](got)
	if s, known := got.Get(); known {
		out.Selectors = role.Have(selectorsOf(s))
	}
	r.foreign(&out)
	return out
}

// foreign gives what another account's trail does not say a reason of its own: the management account of an organization owns the
// organization's trail, and no permission of this account changes what it shows.
func (r *run) foreign(t *selfcheck.Trail) {
	arn, err := awsfacts.ParseARN(t.ARN)
	if err != nil || arn.Account == "" || arn.Account == r.Account {
		return
	}
	why := role.Because("the trail " + t.Name + " belongs to account " + arn.Account + ", which alone may read it")
	if t.Logging.State() != role.Known {
		t.Logging = role.NotRead[bool](why)
	}
	if t.Selectors.State() != role.Known {
		t.Selectors = role.NotRead[selfcheck.Selectors](why)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts.Calls = slices.DeleteFunc(r.facts.Calls, func(c selfcheck.Call) bool {
		return c.Region == t.Home && (c.Name == "cloudtrail:GetTrailStatus" || c.Name == "cloudtrail:GetEventSelectors") && c.Refused.Given()
	})
}

func selectorsOf(in *cloudtrail.GetEventSelectorsOutput) selfcheck.Selectors {
	var out selfcheck.Selectors
	for _, s := range in.EventSelectors {
		out.Basic = append(out.Basic, selfcheck.BasicSelector{
			// It is true where it is not given (EventSelector in the API reference).
			Management: s.IncludeManagementEvents == nil || *s.IncludeManagementEvents,
			ReadWrite:  string(s.ReadWriteType), Excluded: s.ExcludeManagementEventSources,
		})
	}
	for _, s := range in.AdvancedEventSelectors {
		var conditions []selfcheck.FieldSelector
		for _, c := range s.FieldSelectors {
			conditions = append(conditions, selfcheck.FieldSelector{
				Field: aws.ToString(c.Field), Equals: c.Equals, NotEquals: c.NotEquals,
				Others: len(c.StartsWith)+len(c.EndsWith)+len(c.NotStartsWith)+len(c.NotEndsWith) > 0,
			})
		}
		out.Advanced = append(out.Advanced, conditions)
	}
	return out
}
