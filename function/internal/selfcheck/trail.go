package selfcheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// The sources of the records that rolewatch needs of a Region.
const (
	sourceIAM    = "iam.amazonaws.com"
	sourceLambda = "lambda.amazonaws.com"
)

// Regions are those whose records rolewatch needs: the watched ones, and the one that has IAM's records. Sources are what is needed of a
// Region.
func (f *Facts) Regions() []string {
	all := append(slices.Clone(f.Watched), f.global())
	slices.Sort(all)
	return slices.Compact(all)
}

func (f *Facts) global() string { return aws.PartitionOfRegion(f.Home).GlobalRegion }

func (f *Facts) sources(region string) []string {
	var out []string
	if region == f.global() {
		out = append(out, sourceIAM)
	}
	if slices.Contains(f.Watched, region) {
		out = append(out, sourceLambda)
	}
	return out
}

// verdict is whether a trail delivers what is needed of a Region, and why not.
type verdict struct {
	status Status
	// cause is the same for the same fault of the same trail, and says says it.
	cause, says, fix string
	why              role.Reason
}

// Covers tells whether a trail delivers what rolewatch needs of a Region, for certain.
func (f *Facts) Covers(t Trail, region string) bool { return f.delivers(t, region).status == OK }

// delivers judges a trail: EventBridge gets the records of a Region that a trail logs there, and none while it is stopped.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
func (f *Facts) delivers(t Trail, region string) verdict {
	switch logging, known := t.Logging.Get(); {
	case !t.MultiRegion && t.Home != region:
		return verdict{status: Wrong, cause: "none"}
	case known && !logging:
		return verdict{
			status: Wrong, cause: "stopped:" + t.Name, says: "The trail " + t.Name + " is stopped",
			fix: fmt.Sprintf("aws cloudtrail start-logging --name %s --region %s", t.ARN, t.Home),
		}
	case !known:
		return verdict{status: Unknown, why: role.Because(t.Logging.Why())}
	}
	selectors, known := t.Selectors.Get()
	if !known {
		return verdict{status: Unknown, why: role.Because(t.Selectors.Why())}
	}
	for _, source := range f.sources(region) {
		// A trail of one Region has IAM's records only where it includes the events of global services.
		if source == sourceIAM && !t.MultiRegion && !t.Services {
			return verdict{
				status: Wrong, cause: "services:" + t.Name, says: "The trail " + t.Name + " leaves out the events of global services, IAM's among them",
				fix: fmt.Sprintf("aws cloudtrail update-trail --name %s --include-global-service-events --region %s", t.ARN, t.Home),
			}
		}
		switch logged, unclear := selectors.log(source); {
		case unclear != "":
			return verdict{status: Unknown, why: role.Because(unclear)}
		case !logged:
			return verdict{
				status: Wrong, cause: "selectors:" + t.Name, says: "The trail " + t.Name + " does not log management write events of IAM and Lambda",
				fix: fmt.Sprintf("run `aws cloudtrail get-event-selectors --trail-name %s --region %s`, add management events of all kinds "+
					"to what it prints, and write it back with `aws cloudtrail put-event-selectors`, which replaces all selectors", t.ARN, t.Home),
			}
		}
	}
	return verdict{status: OK}
}

// log tells whether selectors log the management events of a source that change something, and what makes that unclear.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
func (s Selectors) log(source string) (logged bool, unclear string) {
	for _, b := range s.Basic {
		if b.Management && b.ReadWrite != "ReadOnly" && !slices.Contains(b.Excluded, source) {
			return true, ""
		}
	}
	for _, conditions := range s.Advanced {
		switch holds, field := management(conditions, source); {
		case holds && field == "":
			return true, ""
		case holds:
			unclear = "the trail selects events by " + field + ", and which events it leaves out depends on who makes a call"
		}
	}
	return false, unclear
}

// management tells whether conditions select such events, and by which field perhaps not all of them.
func management(conditions []FieldSelector, source string) (holds bool, narrowed string) {
	isCategory := false
	for _, c := range conditions {
		value := ""
		switch c.Field {
		case "eventCategory":
			value, isCategory = "Management", true
		case "readOnly":
			value = "false"
		case "eventSource":
			value = source
		default:
			narrowed = c.Field
			continue
		}
		if len(c.Equals) > 0 && !slices.Contains(c.Equals, value) || slices.Contains(c.NotEquals, value) {
			return false, ""
		}
		if c.Others {
			narrowed = c.Field
		}
	}
	return isCategory, narrowed
}

// trails judges each Region. Regions that lack records for the same reason are one trouble.
func (f *Facts) trails() []Result {
	var out []Result
	lacking := map[string][]string{}
	faults := map[string]verdict{}
	for _, ts := range f.Trails {
		scope := "trail:" + ts.Region
		what := "Records of API calls in " + ts.Region
		list, known := ts.List.Get()
		v := f.best(list, ts.Region)
		switch {
		case v.status == OK:
			out = append(out, ok(scope, what+" are delivered by the trail "+v.says))
		case !known:
			out = append(out, unknown(scope, what+": whether a trail delivers them is unknown", role.Because(ts.List.Why())))
		case v.status == Unknown:
			out = append(out, unknown(scope, what+": whether a trail delivers them is unknown", v.why))
		default:
			lacking[v.cause] = append(lacking[v.cause], ts.Region)
			faults[v.cause] = v
			out = append(out, wrong(scope, episode.Trouble{Key: "trail:" + v.cause}, v.fix))
		}
	}
	for i, r := range out {
		if r.Status != Wrong {
			continue
		}
		cause := strings.TrimPrefix(r.Trouble.Key, "trail:")
		v, regions := faults[cause], strings.Join(lacking[cause], ", ")
		out[i].Trouble = episode.Trouble{
			Key: r.Trouble.Key, Subject: v.says, Over: "a trail delivers the records of API calls again",
			Text: "No other trail logs the management write events of " + regions + ". Without a trail that does, EventBridge gets no records of API calls there: " +
				"rolewatch sees a change only in the next daily sweep, and not who made it.",
		}
		out[i].What = v.says + ": records of API calls in " + strings.TrimPrefix(r.Scope, scopePrefix+"trail:") + " are not delivered"
	}
	return out
}

// best is the verdict on a Region: of a trail that delivers, else of one of which that is unknown, else of the first one that applies.
func (f *Facts) best(list []Trail, region string) verdict {
	none := verdict{
		status: Wrong, cause: "none", says: "There is no trail of management events",
		fix: "create one with `aws cloudtrail create-trail --name management-events --s3-bucket-name BUCKET --is-multi-region-trail` and start it with " +
			"`aws cloudtrail start-logging --name management-events`; the policy of the bucket must allow CloudTrail to write to it",
	}
	out := none
	for _, t := range list {
		v := f.delivers(t, region)
		switch {
		case v.status == OK:
			return verdict{status: OK, says: t.Name}
		case v.status == Unknown && out.status != Unknown, v.cause != "none" && out.cause == "none":
			if t.Organization && v.fix != "" {
				v.fix = "use the management account of the organization, which owns the trail: `" + strings.ReplaceAll(v.fix, "`", "") + "`"
			}
			out = v
		}
	}
	return out
}
