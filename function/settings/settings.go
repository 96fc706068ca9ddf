// Package settings owns what can be set: the environment that the function reads and the CDK context that the
// deployment reads. Both are written down once, here, so that infra cannot write what the function does not read.
// It knows no environment and no file: the callers bring the text.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
)

// Function is what the deployed function must know.
type Function struct {
	Table    string
	QueueURL string
	// RecordsQueueURL is the queue of records in a hub of an organization; empty elsewhere, where records are in the queue of work items.
	RecordsQueueURL string
	DeadLetterURL   string
	FindingsTopic   string
	OperationsTopic string
	// ChannelTopics are the topics of the channels that are configured, by the names of the channels.
	ChannelTopics map[string]string
	// PlaceTopics are the topics of the places that routes lead to, by the names of the places.
	PlaceTopics map[string]string
	// Settle is how long a fault may be a deployment in progress before it is told.
	Settle time.Duration
	// Regions are those whose functions are watched.
	Regions []string
	// Canary is how often the function tags itself and waits for the record; zero for never.
	Canary time.Duration
	// Digest says when people receive what is of medium and low severity, and DocsURL is the address of the documentation of the checks;
	// empty for none.
	Digest  Digest
	DocsURL string
	// AckCritical says that a critical finding may be acknowledged.
	AckCritical bool
	// Rules are what is set of the checks.
	Rules
}

// Stack is what the deployment must know.
type Stack struct {
	// Home is the Region of the function, its table and its topics.
	Home    string
	Regions []string
	Emails  []string
	// Table is the name of a table to use that is there already, kept from an earlier deployment; empty makes one.
	Table string
	ChannelSettings
	// AckPrincipals are patterns of the ARNs of the roles and users that may acknowledge findings and accept risks from the command line.
	AckPrincipals    []string
	Settle           time.Duration
	LogRetentionDays int
	// Architecture is Lambda's word for it: arm64 or x86_64.
	Architecture string
	// Canary is how often the function tags itself and waits for the record; zero for never.
	Canary time.Duration
	// Digest says when people receive what is of medium and low severity, and DocsURL is the address of the documentation of the checks;
	// empty for none.
	Digest  Digest
	DocsURL string
	// Key says that a customer managed key of the stack encrypts the topics of findings and of channels.
	Key bool
	// TableKey and LogKey are the ARNs of customer managed keys of the account's owner for the table and for the function's log group;
	// empty leaves their encryption to AWS.
	TableKey, LogKey string
	// Dashboard says that there is a dashboard.
	Dashboard bool
	// Rules are what is set of the checks.
	Rules
}

// Warnings says what is no error and yet will not do what it was written for.
func (s Stack) Warnings(now time.Time) []string {
	out := s.Rules.Warnings(now)
	if own := deploy.PhysicalName(deploy.TableID); s.Table != "" && !strings.HasPrefix(s.Table, own) {
		out = append(out, fmt.Sprintf("table %q: its name does not begin with %q, and RW314 does not report the roles that can write or delete it", s.Table, own))
	}
	if !s.Subscribed() {
		out = append(out, "emails: neither emails nor slack is set, so nobody is subscribed. Findings, and notices about rolewatch itself, "+
			"reach nobody until somebody subscribes to the topics Findings and Operations")
	}
	return out
}

// parseSettle reads a settle time.
func parseSettle(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, errors.New(`it is not a duration such as "60s"`)
	case d <= 0 || d > deploy.MaxDelay:
		return 0, fmt.Errorf("it must be more than 0 and at most %.0fm", deploy.MaxDelay.Minutes())
	}
	return d, nil
}

// checkRegions says what is wrong with a list of Regions, or nil.
func checkRegions(regions []string) error {
	if len(regions) == 0 {
		return errors.New("no Region is set")
	}
	for i, r := range regions {
		if !aws.IsRegion(r) {
			return fmt.Errorf("%q is not a Region", r)
		}
		if slices.Contains(regions[:i], r) {
			return fmt.Errorf("%q is named twice", r)
		}
		if aws.PartitionOfRegion(r) != aws.PartitionOfRegion(regions[0]) {
			return fmt.Errorf("%q and %q are in different partitions", regions[0], r)
		}
	}
	return nil
}

// readKey reads the ARN of a customer managed key for a resource in the home Region. Members are read in the order of their names,
// so that the home Region is known before.
func readKey(value jsontext.Value, home string) (string, error) {
	var key string
	if err := read(value, &key); err != nil {
		return "", err
	}
	arn, _ := aws.ParseARN(key)
	switch {
	case arn.Service != "kms" || !aws.IsAccountID(arn.Account) || !strings.HasPrefix(arn.Resource, "key/"):
		return "", errors.New("it is not the ARN of a key, such as arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
	case arn.Region != home:
		return "", fmt.Errorf("the key is in %q, and must be in the home Region %q", arn.Region, home)
	}
	return key, nil
}

// Subscribed says that somebody is subscribed to the topics by the deployment.
func (s Stack) Subscribed() bool { return len(s.Emails) > 0 || s.Slack != nil }
