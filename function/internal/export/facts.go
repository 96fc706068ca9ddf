package export

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// pages counts the files of one kind, and those of them that say that there is more.
type pages struct {
	files     int
	truncated []string
}

func (p *pages) add(f *file, more ...string) {
	p.files++
	for _, token := range more {
		if token != "" {
			p.truncated = append(p.truncated, f.path)
			return
		}
	}
}

// why says why what the files do not have is not known; empty when it is.
func (p pages) why(dir, name string) string {
	switch {
	case p.files == 0:
		return dir + " has no " + name
	case len(p.truncated) == p.files:
		return p.truncated[0] + " is cut short and its other pages are missing"
	}
	return ""
}

// facts are what is configured beside a function's versions, by the function's ARN.
type facts struct {
	sources      map[string][]role.Source
	destinations map[string][]role.Destinations
	urls         map[string][]role.URL
	// aliases are the versions that each alias points to.
	aliases map[string]map[string][]string
	// resourcePolicies are by name, and by Region where the folder tells it.
	resourcePolicies []policyFile

	providers []role.Provider

	sourcePages, destinationPages, urlPages, aliasPages, providerPages pages
	hasPolicies                                                        bool
}

func newFacts() facts {
	return facts{
		sources: map[string][]role.Source{}, destinations: map[string][]role.Destinations{}, urls: map[string][]role.URL{},
		aliases: map[string]map[string][]string{},
	}
}

type destinationDetail struct{ Destination string }

type mappingDetail struct {
	UUID, EventSourceArn, FunctionArn, State, LastProcessingResult, KMSKeyArn string
	StateTransitionReason                                                     string
	FilterCriteriaError                                                       *struct{ ErrorCode, Message string }
	SourceAccessConfigurations                                                []accessDetail
	Topics, Queues                                                            []string
	DestinationConfig                                                         *struct{ OnFailure *destinationDetail }
	AmazonManagedKafkaEventSourceConfig, SelfManagedKafkaEventSourceConfig    *kafkaDetail
}

type accessDetail struct{ Type, URI string }

type kafkaDetail struct {
	ConsumerGroupId      string
	SchemaRegistryConfig *struct {
		SchemaRegistryURI string
		AccessConfigs     []accessDetail
	}
}

// readMappings reads one file of event source mappings.
func readMappings(f *file) (take, error) {
	var in struct {
		EventSourceMappings   []mappingDetail
		NextMarker, NextToken string
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.sourcePages.add(f, in.NextMarker, in.NextToken)
		for i, m := range in.EventSourceMappings {
			function, err := aws.ParseFunctionARN(m.FunctionArn)
			if err != nil {
				return fmt.Errorf("%s: field EventSourceMappings[%d].FunctionArn: %q is not the ARN of a function", f.path, i, m.FunctionArn)
			}
			arn, s := function.Unqualified(), m.source(function.Qualifier)
			if !slices.ContainsFunc(r.sources[arn], func(o role.Source) bool { return o.UUID != "" && o.UUID == s.UUID }) {
				r.sources[arn] = append(r.sources[arn], s)
			}
		}
		return nil
	}, nil
}

func (m *mappingDetail) source(qualifier string) role.Source {
	s := role.Source{
		UUID: m.UUID, Kind: role.SourceKindOf(m.EventSourceArn), ARN: m.EventSourceArn, Qualifier: qualifier, State: m.State,
		Result: m.LastProcessingResult, Transition: m.StateTransitionReason, Topics: slices.Concat(m.Topics, m.Queues), KMSKey: m.KMSKeyArn,
	}
	if e := m.FilterCriteriaError; e != nil {
		s.FilterError = role.FilterError{Code: e.ErrorCode, Message: e.Message}
	}
	for _, a := range m.SourceAccessConfigurations {
		s.Access = append(s.Access, role.Access{Type: a.Type, URI: a.URI})
	}
	if d := m.DestinationConfig; d != nil && d.OnFailure != nil {
		s.Failure = d.OnFailure.Destination
	}
	for _, k := range []*kafkaDetail{m.AmazonManagedKafkaEventSourceConfig, m.SelfManagedKafkaEventSourceConfig} {
		if k == nil {
			continue
		}
		s.ConsumerGroup = k.ConsumerGroupId
		if r := k.SchemaRegistryConfig; r != nil {
			s.Registry = r.SchemaRegistryURI
			for _, a := range r.AccessConfigs {
				s.RegistryAccess = append(s.RegistryAccess, role.Access(a))
			}
		}
	}
	return s
}

// readInvokeConfigs reads one file of configurations of asynchronous invocation.
func readInvokeConfigs(f *file) (take, error) {
	var in struct {
		FunctionEventInvokeConfigs []struct {
			FunctionArn       string
			DestinationConfig *struct{ OnSuccess, OnFailure *destinationDetail }
		}
		NextMarker, NextToken string
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.destinationPages.add(f, in.NextMarker, in.NextToken)
		for i, c := range in.FunctionEventInvokeConfigs {
			function, err := aws.ParseFunctionARN(c.FunctionArn)
			if err != nil {
				return fmt.Errorf("%s: field FunctionEventInvokeConfigs[%d].FunctionArn: %q is not the ARN of a function", f.path, i, c.FunctionArn)
			}
			arn, d := function.Unqualified(), role.Destinations{Qualifier: function.Qualifier}
			if to := c.DestinationConfig; to != nil {
				if to.OnSuccess != nil {
					d.Success = to.OnSuccess.Destination
				}
				if to.OnFailure != nil {
					d.Failure = to.OnFailure.Destination
				}
			}
			if !slices.Contains(r.destinations[arn], d) {
				r.destinations[arn] = append(r.destinations[arn], d)
			}
		}
		return nil
	}, nil
}

// readFunctionURLs reads one file of function URLs.
func readFunctionURLs(f *file) (take, error) {
	var in struct {
		FunctionUrlConfigs    []struct{ FunctionUrl, FunctionArn, AuthType string }
		NextMarker, NextToken string
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.urlPages.add(f, in.NextMarker, in.NextToken)
		for i, u := range in.FunctionUrlConfigs {
			function, err := aws.ParseFunctionARN(u.FunctionArn)
			if err != nil {
				return fmt.Errorf("%s: field FunctionUrlConfigs[%d].FunctionArn: %q is not the ARN of a function", f.path, i, u.FunctionArn)
			}
			arn, one := function.Unqualified(), role.URL{Qualifier: function.Qualifier, Auth: u.AuthType, URL: u.FunctionUrl}
			if !slices.Contains(r.urls[arn], one) {
				r.urls[arn] = append(r.urls[arn], one)
			}
		}
		return nil
	}, nil
}

// readAliases reads one file of aliases.
func readAliases(f *file) (take, error) {
	var in struct {
		Aliases []struct {
			AliasArn, Name, FunctionVersion string
			RoutingConfig                   *struct{ AdditionalVersionWeights map[string]float64 }
		}
		NextMarker, NextToken string
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.aliasPages.add(f, in.NextMarker, in.NextToken)
		for i, a := range in.Aliases {
			alias, err := aws.ParseFunctionARN(a.AliasArn)
			if err != nil || alias.Qualifier == "" {
				return fmt.Errorf("%s: field Aliases[%d].AliasArn: %q is not the ARN of an alias", f.path, i, a.AliasArn)
			}
			versions := []string{a.FunctionVersion}
			if a.RoutingConfig != nil {
				versions = append(versions, slices.Sorted(maps.Keys(a.RoutingConfig.AdditionalVersionWeights))...)
			}
			arn := alias.Unqualified()
			if r.aliases[arn] == nil {
				r.aliases[arn] = map[string][]string{}
			}
			r.aliases[arn][alias.Qualifier] = versions
		}
		return nil
	}, nil
}

// policyFile is one file of function-policies: NAME.json, or NAME.QUALIFIER.json, alone or in a folder of its Region.
type policyFile struct{ path, region, name, qualifier, text string }

// functionPolicies lists the files in the folder of resource policies.
func functionPolicies(dir string) ([]source, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []source
	for _, entry := range entries {
		if !entry.IsDir() {
			out = append(out, policySource(filepath.Join(dir, entry.Name()), ""))
			continue
		}
		files, err := os.ReadDir(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			if !f.IsDir() {
				out = append(out, policySource(filepath.Join(dir, entry.Name(), f.Name()), entry.Name()))
			}
		}
	}
	return slices.DeleteFunc(out, func(s source) bool { _, ok := cutJSON(s.path); return !ok }), nil
}

func policySource(path, region string) source {
	return source{path, func(path string) (take, error) { return readFunctionPolicy(path, region) }}
}

func readFunctionPolicy(path, region string) (take, error) {
	files, err := openFile(path)
	if err != nil {
		return nil, err
	}
	f := files[0]
	if !f.has["Policy"] || len(files) > 1 {
		return nil, fmt.Errorf("%s: expected the output of aws lambda get-policy, with Policy", path)
	}
	var in struct{ Policy document }
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	if err := in.Policy.fault; err != nil {
		return nil, fmt.Errorf("%s: field Policy: %w", path, err)
	}
	one := policyFile{path: path, region: region, text: in.Policy.plain}
	stem, _ := cutJSON(filepath.Base(path))
	one.name, one.qualifier, _ = strings.Cut(stem, ".")
	return func(r *reading) error {
		r.resourcePolicies = append(r.resourcePolicies, one)
		return nil
	}, nil
}
