/** What shows the server who asks: a token that the test made. */
export const headers = { authorization: `Bearer ${process.env.TOKEN}` };
