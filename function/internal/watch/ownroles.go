package watch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
)

// stackSetsRole begins the name of the role with which a service-managed StackSet deploys in an account:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-custom-execution-role.html
const stackSetsRole = "stacksets-exec-"

// byStackSet reports whether AWS CloudFormation made a change with the role of StackSets. Whoever may assume that role could make the
// change without AWS CloudFormation.
func byStackSet(c *events.Change) bool {
	arn, err := aws.ParseARN(c.Actor.ARN)
	if err != nil || c.Via != events.ViaCloudFormation {
		return false
	}
	role, _ := arn.Session()
	return strings.HasPrefix(role, stackSetsRole)
}

// ownRole tells operations that somebody else than a StackSet changed one of OwnRoles, once an hour for each of a caller's calls: whoever
// changes them can stop records of the account, or the reads of it.
func (w *Watch) ownRole(ctx context.Context, c *events.Change) error {
	name := c.Role.Name
	if !slices.Contains(w.OwnRoles, name) || c.ErrorCode != "" || byStackSet(c) {
		return nil
	}
	hour := c.Time.UTC().Truncate(time.Hour).Format("2006-01-02T15")
	text := c.Actor.Name + " called " + c.Event.Name + " (event ID " + c.ID + ") on the role " + name + " in account " + w.AccountID + ". The StackSet of rolewatch manages the role, and did not do this. " +
		"With rolewatch-sender, the rules of the account send records to the hub; with rolewatch-reader, the hub reads the account. " +
		"If nobody of your team did this, deploy the StackSet again, and look at what else the caller did in AWS CloudTrail. RW314 lists the roles that can do it."
	return w.once(ctx, "own-role:"+name+":"+c.Event.Name+":"+c.Actor.ARN+":"+hour, "own-role-"+w.AccountID+"-"+c.ID, c.Region,
		c.Actor.Name+" changed rolewatch's role "+name, text)
}
