import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { environment } from '../runtime/environment';
import { callAws } from './aws-errors';
import { client } from './clients';

/** SNS: a subject is ASCII, without line breaks, fewer than 100 characters (API reference, Publish). */
const SUBJECT_LIMIT = 99;

/** Sends one message to the people on the notification topic. The subject is cut and cleaned to what SNS takes. */
export async function notify(subject: string, text: string): Promise<void> {
  const topic = environment('notificationsTopicArn');
  const clean = subject.replace(/[^\x20-\x7e]+/g, '?').trim();
  await callAws(`sns:Publish ${topic}`, () =>
    client(SNSClient).send(
      new PublishCommand({ TopicArn: topic, Subject: clean.slice(0, SUBJECT_LIMIT), Message: text }),
    ),
  );
}
