package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// customAction is a button under a message in Slack.
type customAction struct {
	// name ends the name of the action, act is what the command function is asked for, and button is what the button says.
	name, act, button string
}

// customActions are the buttons. What they run is the command function with the hexadecimal part of the finding's ID, and nothing else of
// a message: an attacker can choose names, user agents and tags, but no such ID.
var customActions = []customAction{
	{"acknowledge", "acknowledge", "Acknowledge"},
	{"recheck", "recheck", "Check again"},
	{"show-fix", "show", "Show fix"},
	{"accept-risk", "howToAccept", "Accept risk"},
}

// findingVariable is the only variable of the buttons. Its path in the notification is that of the member of the custom notification's
// schema, which AWS does not document for buttons: docs/slack.md has a test.
const (
	findingVariable = "finding"
	findingPath     = "event.metadata.additionalContext." + deploy.ActVariable
)

// newCustomActions makes the buttons, and gives their ARNs. A message that is about one finding, which is open, has the variable; no other
// one has buttons.
func (h *home) newCustomActions() *[]*string {
	var arns []*string
	for _, a := range customActions {
		made := awschatbot.NewCfnCustomAction(h.Stack, jsii.String("Action"+logicalName(a.name)), &awschatbot.CfnCustomActionProps{
			ActionName: jsii.String(deploy.CustomActionPrefix + a.name),
			Definition: &awschatbot.CfnCustomAction_CustomActionDefinitionProperty{
				CommandText: jsii.String("lambda invoke --function-name " + *h.commands.chat.FunctionName() + " --region " + h.set.Home +
					` --payload {"act":"` + a.act + `","finding":"$` + findingVariable + `"}`),
			},
			Attachments: []any{&awschatbot.CfnCustomAction_CustomActionAttachmentProperty{
				ButtonText: jsii.String(a.button),
				Criteria:   []any{&awschatbot.CfnCustomAction_CustomActionAttachmentCriteriaProperty{Operator: jsii.String("HAS_VALUE"), VariableName: jsii.String(findingVariable)}},
				Variables:  &map[string]*string{findingVariable: jsii.String(findingPath)},
			}},
		})
		arns = append(arns, made.AttrCustomActionArn())
	}
	return &arns
}
