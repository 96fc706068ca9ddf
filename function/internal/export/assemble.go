package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// assemble gives each version of a function what is configured under the qualifiers that lead to it.
func (r *reading) assemble(versions []role.Function) {
	for i := range versions {
		f := &versions[i]
		aliases := r.aliases[f.ARN]
		for _, name := range slices.Sorted(maps.Keys(aliases)) {
			if slices.Contains(aliases[name], f.Version) {
				f.Aliases = append(f.Aliases, name)
			}
		}
		policies, why := r.policiesOf(f.ARN), r.whyPolicies()
		if why == "" {
			why = r.whyStray(f.ARN, len(policies) > 0)
		}
		beside := role.Beside{
			Sources: unless(r.whySources(), r.sources[f.ARN]), Destinations: unless(r.whyDestinations(), r.destinations[f.ARN]),
			URLs: unless(r.whyURLs(), r.urls[f.ARN]), Policies: unless(why, policies),
		}
		if beside.Policies.State() == role.Unknown {
			beside.SeenPolicies = policies
		}
		f.Complete(beside, func(name string) bool { return r.knowsAlias(f.ARN, name) })
	}
}

// unless is a list, which is not known where there is a reason why it may not be whole.
func unless[T any](why string, list []T) role.Maybe[[]T] {
	if why != "" {
		return role.NotRead[[]T](role.NotExported(why))
	}
	return role.Have(list)
}

func (r *reading) whySources() string {
	return r.because("event-source-mappings", r.sourcePages.why(r.dir, "event-source-mappings.json"))
}

func (r *reading) whyDestinations() string {
	return r.because("invoke-configs", r.destinationPages.why(r.dir, "invoke-configs.json"))
}

func (r *reading) whyURLs() string {
	return r.because("function-urls", r.urlPages.why(r.dir, "function-urls.json"))
}

func (r *reading) whyPolicies() string {
	if reasons := r.notRead["aliases"]; r.hasPolicies && len(reasons) > 0 {
		return "policies of aliases: " + strings.Join(reasons, "; ")
	}
	if r.hasPolicies {
		return ""
	}
	return r.because("function-policies", r.dir+" has no folder function-policies")
}

// policiesOf are a function's resource policies. A file outside of a Region's folder belongs to every function of its name;
// where there are several of that name, to the one that its statements name.
func (r *reading) policiesOf(arn string) (out []role.ResourcePolicy) {
	function, _ := aws.ParseFunctionARN(arn) // It was parsed when it was read.
	for _, p := range r.byName()[function.Name] {
		if r.isOf(&p, arn, function.Region) {
			out = append(out, role.ResourcePolicy{Qualifier: p.qualifier, Text: p.text})
		}
	}
	return out
}

// isOf reports whether a file of resource policies belongs to a function of its name.
func (r *reading) isOf(p *policyFile, arn, region string) bool {
	if p.region != "" {
		return p.region == region
	}
	return r.names[p.name] == 1 || strings.Contains(p.text, `"`+arn)
}

// byName groups the files of resource policies by the function's name, once.
func (r *reading) byName() map[string][]policyFile {
	if r.policiesByName == nil {
		r.policiesByName = map[string][]policyFile{}
		for _, p := range r.resourcePolicies {
			r.policiesByName[p.name] = append(r.policiesByName[p.name], p)
		}
	}
	return r.policiesByName
}

// missingFacts says what the export does not tell of functions, a sentence for each missing input.
func (r *reading) missingFacts() []string {
	var out []string
	if r.functionFiles == 0 {
		return nil
	}
	for _, one := range []struct{ what, why string }{
		{"event source mappings", r.whySources()}, {"destinations", r.whyDestinations()}, {"function URLs", r.whyURLs()}, {"resource policies", r.whyPolicies()},
		{"capacity providers", r.whyProviders()},
	} {
		if one.why != "" {
			out = append(out, one.what+": "+one.why)
		}
	}
	return out
}
