/** Examples from the webcam: what it shows now, as an image of the class that is named. */
import { byId } from '@attune/demo-parts/page';
import type { GivenImage } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

export function setUpWebcam(page: StudioPage, add: (images: readonly GivenImage[]) => Promise<void>): void {
  const video = byId<HTMLVideoElement>('video');
  const button = byId('camera');
  const capture = byId('capture');
  const name = byId<HTMLInputElement>('class-name');
  let captured = 0;

  button.addEventListener('click', async () => {
    if (video.srcObject instanceof MediaStream) {
      for (const track of video.srcObject.getTracks()) track.stop();
      video.srcObject = null;
    } else {
      try {
        video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
        await video.play();
      } catch (error) {
        video.srcObject = null;
        page.fail(`The camera cannot be opened: ${(error as Error).message}.`);
      }
    }
    const open = video.srcObject !== null;
    video.hidden = capture.hidden = !open;
    button.textContent = open ? 'Close the camera' : 'Open the camera';
  });

  capture.addEventListener('click', async () => {
    const label = name.value.trim().normalize('NFC');
    if (label === '') {
      page.fail('Name the class first.');
      name.focus();
      return;
    }
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')!.drawImage(video, 0, 0);
    const image = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
    if (image) await add([{ label, name: `webcam/${label}/${captured++}`, image }]);
  });
}
