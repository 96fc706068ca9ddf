package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// retentionDays are the values that CloudWatch Logs takes:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

var architectures = []string{"arm64", "x86_64"}

var (
	email        = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)
	slackTeam    = regexp.MustCompile(`^[0-9A-Z]{1,255}$`)
	slackChannel = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// FromContext reads the value of the CDK context's key "rolewatch", a JSON object; no text is an empty object. Known
// are the IDs of the checks there are. The error joins everything that is wrong, each with its key and value.
func FromContext(text []byte, known []string) (Stack, error) {
	s := Stack{Home: "us-east-1", Settle: time.Minute, LogRetentionDays: 30, Architecture: "arm64"}
	var fields map[string]jsontext.Value
	if len(text) > 0 {
		if err := json.Unmarshal(text, &fields); err != nil {
			return Stack{}, fmt.Errorf("rolewatch %s: it must be a JSON object: %w", text, err)
		}
		if fields == nil {
			return Stack{}, fmt.Errorf("rolewatch %s: it must be a JSON object", text)
		}
	}
	var errs []error
	for _, key := range sortedKeys(fields) {
		for _, err := range s.set(key, fields[key], known) {
			errs = append(errs, fmt.Errorf("rolewatch.%s %s: %w", key, fields[key], err))
		}
	}
	if _, set := fields["regions"]; !set {
		s.Regions = []string{s.Home}
	}
	if len(errs) == 0 && GlobalRegion(s.Home) != GlobalRegion(s.Regions[0]) {
		errs = append(errs, fmt.Errorf("rolewatch.home %q: it is not in the partition of %q", s.Home, s.Regions[0]))
	}
	if len(errs) > 0 {
		return Stack{}, errors.Join(errs...)
	}
	return s, nil
}

// set takes the value of one key.
func (s *Stack) set(key string, value jsontext.Value, known []string) []error {
	var err error
	switch key {
	case "home":
		err = read(value, &s.Home)
		if err == nil && !regionName.MatchString(s.Home) {
			err = errors.New("it is no Region")
		}
	case "regions":
		err = read(value, &s.Regions)
		if err == nil {
			err = checkRegions(s.Regions)
		}
	case "emails":
		err = s.setEmails(value)
	case "slack":
		err = s.setSlack(value)
	case "settle":
		var text string
		err = read(value, &text)
		if err == nil {
			s.Settle, err = parseSettle(text)
		}
	case "logRetentionDays":
		err = read(value, &s.LogRetentionDays)
		if err == nil && !slices.Contains(retentionDays, s.LogRetentionDays) {
			err = fmt.Errorf("CloudWatch Logs takes %s", strings.Trim(fmt.Sprint(retentionDays), "[]"))
		}
	case "architecture":
		err = read(value, &s.Architecture)
		if err == nil && !slices.Contains(architectures, s.Architecture) {
			err = errors.New("it is neither arm64 nor x86_64")
		}
	case "checks":
		err = read(value, &s.Checks)
		if err == nil {
			return checkChecks(s.Checks, known)
		}
	default:
		err = errors.New("there is no such key")
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func (s *Stack) setEmails(value jsontext.Value) error {
	if err := read(value, &s.Emails); err != nil {
		return err
	}
	for i, e := range s.Emails {
		if !email.MatchString(e) {
			return fmt.Errorf("%q is no address", e)
		}
		if slices.Contains(s.Emails[:i], e) {
			return fmt.Errorf("%q is named twice", e)
		}
	}
	return nil
}

// setSlack holds the IDs to the forms that CloudFormation takes:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
func (s *Stack) setSlack(value jsontext.Value) error {
	var in struct {
		Workspace string `json:"workspace"`
		Channel   string `json:"channel"`
	}
	if err := read(value, &in); err != nil {
		return err
	}
	if !slackTeam.MatchString(in.Workspace) {
		return fmt.Errorf("slack.workspace %q is no workspace ID", in.Workspace)
	}
	if !slackChannel.MatchString(in.Channel) {
		return fmt.Errorf("slack.channel %q is no channel ID", in.Channel)
	}
	s.Slack = &Slack{Workspace: in.Workspace, Channel: in.Channel}
	return nil
}

// read takes a value of the wanted type only: null, which would leave the default in place unseen, is an error.
func read(value jsontext.Value, into any) error {
	if value.Kind() == 'n' {
		return errors.New("null is no value; leave the key out")
	}
	return json.Unmarshal(value, into, json.RejectUnknownMembers(true))
}
